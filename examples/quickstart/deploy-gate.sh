#!/bin/sh
# Lets a deploy go on only if each replica runs the build and passes its smoke tests, the slow ones included.
# Usage: SMOKE_TOKEN=... deploy-gate.sh BUILD REPLICA...      deploy-gate.sh 4f2a91c http://10.0.0.1:3000
# Exit: 0 each is a PASS; 1 one is a FAIL, or runs another build; 2 wrong usage; 3 one could not say (no answer, busy, off).
# Another build and "could not say" are asked again for SMOKE_WAIT seconds (60), as Retry-After has it.
set -u
usage() { echo "usage: SMOKE_TOKEN=... [SMOKE_WAIT=60] $0 BUILD REPLICA..." >&2; exit 2; }
if [ $# -lt 2 ] || [ -z "${SMOKE_TOKEN:-}" ]; then usage; fi
for argument in "$@"; do [ -n "$argument" ] || usage; done
# Seconds, as all shells calculate: 08 is no number to some, and what is longer may be none.
case ${SMOKE_WAIT:=60} in *[!0-9]* | 0?* | ??????*) usage ;; esac
build=$1 code=0
shift
token=$(printf '%s' "$SMOKE_TOKEN" | sed 's/["\\]/\\&/g')
answer=$(mktemp -d) || exit 2
trap 'rm -rf "$answer"' EXIT
trap 'exit 3' HUP INT TERM

header() { awk -F: -v name="$1" 'tolower($1) == name { sub(/\r$/, ""); sub(/^[^:]*:[ \t]*/, ""); print }' "$answer/head"; }

# POST starts a run of its own. The token comes on standard input: arguments are for all to see.
ask() {
    : >"$answer/head" && : >"$answer/body" || exit 2
    status=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
        curl --config - --silent --show-error --connect-timeout 5 --max-time 60 --request POST \
            --header 'Accept: text/plain' --dump-header "$answer/head" --output "$answer/body" \
            --write-out '%{http_code}' "${1%/}/smoketest/slow/") || status="none"
}

# All four: another service's 200, a proxy's page and the build before are no PASS.
judge() {
    verdict=$(header x-smoke-status) shown=$(header x-smoke-build)
    if [ "$status" = 200 ] && [ "$verdict" = PASS ] && [ "$shown" = "$build" ] &&
        [ "$(head -n 1 "$answer/body")" = PASS ]; then
        echo PASS
    elif [ "$shown" != "$build" ] && { [ "$verdict" = PASS ] || [ -n "$shown" ]; }; then
        echo OTHER
    elif [ "$verdict" = FAIL ] && [ "$shown" = "$build" ] && [ -z "$(header retry-after)" ] &&
        ! grep -q '^reason: switched off' "$answer/body"; then
        echo FAIL
    else
        echo UNKNOWN
    fi
}

for replica in "$@"; do
    began=$(date +%s) tries=0
    while :; do
        ask "$replica"
        found=$(judge) tries=$((tries + 1))
        case $found in PASS | FAIL) break ;; esac
        # A try is a second at least, so that they end where nobody is to wait between them.
        left=$((SMOKE_WAIT - ($(date +%s) - began) - tries))
        [ "$left" -gt 0 ] || break
        pause=$(header retry-after)
        case $pause in '' | *[!0-9]*) pause=2 ;; ?????*) pause=$left ;; esac
        [ "$pause" -le "$left" ] || pause=$left
        sleep "$pause"
    done
    case $found in
    PASS) echo "PASS $replica"; continue ;;
    UNKNOWN) [ "$code" = 1 ] || code=3 ;;
    *) found=FAIL code=1 ;;
    esac
    echo "$found $replica: status $status, build $(header x-smoke-build), wanted $build"
    sed 's/^/    /' "$answer/body"
done
exit $code
