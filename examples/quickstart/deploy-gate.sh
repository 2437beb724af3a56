#!/bin/sh
# Lets a deploy go on only if each replica runs the build and passes its smoke tests, the slow ones included.
# Usage: SMOKE_TOKEN=... deploy-gate.sh BUILD REPLICA...      deploy-gate.sh 4f2a91c http://10.0.0.1:3000
set -u
[ $# -ge 2 ] && [ -n "${SMOKE_TOKEN:-}" ] || { echo "usage: SMOKE_TOKEN=... $0 BUILD REPLICA..." >&2; exit 2; }
build=$1 verdict=0
shift
answer=$(mktemp -d) || exit 2
trap 'rm -rf "$answer"' EXIT

header() { awk -v name="$1:" 'tolower($1) == name { sub(/\r$/, ""); print $2 }' "$answer/head"; }

for replica in "$@"; do
    : >"$answer/head" && : >"$answer/body" || exit 2
    # POST starts a run of its own. The token comes on standard input: arguments are for all to see.
    status=$(printf 'header = "Authorization: Bearer %s"\n' "$SMOKE_TOKEN" |
        curl --config - --silent --show-error --max-time 60 --request POST --header 'Accept: text/plain' \
            --dump-header "$answer/head" --output "$answer/body" --write-out '%{http_code}' \
            "$replica/smoketest/slow/") || status="none"
    # All four: another service's 200, a proxy's page and the build before are no PASS.
    if [ "$status" = 200 ] && [ "$(header x-smoke-status)" = PASS ] &&
        [ "$(header x-smoke-build)" = "$build" ] && [ "$(head -n 1 "$answer/body")" = PASS ]; then
        echo "PASS $replica"
    else
        verdict=1
        echo "FAIL $replica: status $status, build $(header x-smoke-build), wanted $build"
        sed 's/^/    /' "$answer/body"
    fi
done
exit $verdict
