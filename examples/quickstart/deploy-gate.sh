#!/bin/sh
# Lets a deploy go on only if each replica is of the build and passes its smoke tests. For machines without `smoke gate`,
# whose rules these are, for one round: the first replica of the build runs all tests, slow ones included, the others their
# instance tests. Usage: SMOKE_TOKEN=... deploy-gate.sh BUILD REPLICA...   deploy-gate.sh 4f2a91c http://10.0.0.1:3000
# Exit: 0 each is a PASS; 1 one is a FAIL, twice, or of another build; 2 wrong usage; 3 one could not say (no answer, busy, off).
# Whoever is no PASS is asked again, as Retry-After has it, until SMOKE_WAIT seconds (300) are over for all of them.
set -u
usage() { echo "usage: SMOKE_TOKEN=... [SMOKE_WAIT=300] $0 BUILD REPLICA..." >&2; exit 2; }
if [ $# -lt 2 ] || [ -z "${SMOKE_TOKEN:-}" ]; then usage; fi
for argument in "$@"; do [ -n "$argument" ] || usage; done
# Seconds, as all shells calculate: 08 is no number to some, and what is longer may be none.
case ${SMOKE_WAIT:=300} in *[!0-9]* | 0?* | ??????*) usage ;; esac
build=$1 code=0 tests='slow/' began=$(date +%s) tries=0
shift
token=$(printf '%s' "$SMOKE_TOKEN" | sed 's/["\\]/\\&/g')
answer=$(mktemp -d) || exit 2
trap 'rm -rf "$answer"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

header() { awk -F: -v name="$1" 'tolower($1) == name { sub(/\r$/, ""); sub(/^[^:]*:[ \t]*/, ""); print }' "$answer/head"; }
says() { grep -q "$1" "$answer/body"; }

# The token comes on standard input: arguments are for all to see. It goes to no proxy of the environment.
ask() {
    : >"$answer/head" && : >"$answer/body" || exit 2
    status=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
        curl --config - --silent --show-error --noproxy '*' --connect-timeout 5 --max-time "$1" --request "$2" \
            --header 'Accept: text/plain' --dump-header "$answer/head" --output "$answer/body" \
            --write-out '%{http_code}' "$3") || status="none"
    verdict=$(header x-smoke-status) shown=$(header x-smoke-build)
}

# Who a replica is. Another service, a proxy's page and a build that nobody has set are nobody.
know() {
    found=UNKNOWN
    if [ -n "$verdict" ] && [ -n "$shown" ]; then
        [ "$shown" = "$build" ] && found=WANTED || found=OTHER
    fi
}

# What its tests say. A test that failed counts for more than a reason for which nobody could say; that a replica
# has no instance tests is no reason. Which tests others have is not compared, as `smoke gate` does.
judge() {
    know
    [ "$found" = WANTED ] || return 0
    if [ "$status" = 200 ] && [ "$verdict" = PASS ] && [ "$(head -n 1 "$answer/body")" = PASS ]; then
        found=PASS
    elif [ "$verdict" = FAIL ] && says '^tests \(failed\|errored\): [1-9]'; then
        found=FAIL
    elif [ "$tests" != slow/ ] && [ "$verdict" = FAIL ] && [ "$(header x-smoke-reason)" = nothing ]; then
        found=PASS
    else
        found=UNKNOWN
    fi
}

for replica in "$@"; do
    fails=0
    while :; do
        # POST starts a run of its own.
        ask 5 GET "${replica%/}/smoketest/live"
        know
        if [ "$found" = WANTED ]; then
            ask 600 POST "${replica%/}/smoketest/$tests"
            judge
        fi
        [ "$found" != FAIL ] || fails=$((fails + 1))
        if [ "$found" = PASS ] || [ "$fails" = 2 ]; then break; fi
        # A try is a second at least, so that they end where nobody is to wait between them.
        tries=$((tries + 1)) left=$((SMOKE_WAIT - ($(date +%s) - began) - tries))
        [ "$left" -gt 0 ] || break
        pause=$(header retry-after)
        case $pause in '' | *[!0-9]*) pause=2 ;; ?????*) pause=$left ;; esac
        [ "$pause" -le "$left" ] || pause=$left
        sleep "$pause"
    done
    case $found in PASS | FAIL) tests='?scope=instance' ;; esac
    case $found in
    PASS) echo "PASS $replica"; continue ;;
    UNKNOWN) [ "$fails" = 0 ] || found=FAIL ;;
    *) found=FAIL ;;
    esac
    if [ "$found" = FAIL ]; then code=1; elif [ "$code" = 0 ]; then code=3; fi
    echo "$found $replica: status $status, build $shown, wanted $build"
    sed 's/^/    /' "$answer/body"
done
exit $code
