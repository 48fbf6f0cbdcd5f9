#!/usr/bin/env bash
# Makes the README's terminal session and picture out of a real run on this machine.
# SPDX-License-Identifier: Apache-2.0
#
#   docs/session.sh               prints the session as Markdown
#   docs/session.sh --update      puts it into README.md, between the session marks, and the top of the
#                                 run's page into docs/page.png (needs chromium)
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
[ -x "$top/build/weighin" ] || { echo "docs/session.sh: no build/weighin; ./start builds it" >&2; exit 1; }
export PATH="$top/build:$PATH" WEIGHIN_ASSET=readme-device XDG_STATE_HOME="$work" XDG_CONFIG_HOME="$work"
unset WEIGHIN_DB

show() { # COMMAND: as one would type it, and what it prints; a non-zero exit code is shown
    local code
    printf '$ %s\n' "$1"
    (cd "$work" && bash -c "$1" </dev/null 2>/dev/null) | sed 's/[[:space:]]*$//'
    code=${PIPESTATUS[0]}
    [ "$code" = 0 ] || printf '[exit code %s]\n' "$code"
    echo
}

session() {
    echo '```console'
    show 'weighin run --profile quick --models gemma-2b --precisions q4_0,f16 --backends cpu'
    show 'weighin check gemma-2b --precision q4_0'
    show 'weighin check llama-3.1-70b --precision f16'
    show 'weighin estimate mistral-7b --precision q8_0 --context 8192'
    echo '```'
}

text=$(session)
if [ "${1:-}" != --update ]; then
    printf '%s\n' "$text"
    exit
fi
grep -q '^<!-- session -->$' "$top/README.md" || { echo "docs/session.sh: README.md has no session marks" >&2; exit 1; }
printf '%s\n' "$text" >"$work/session.md"
awk -v file="$work/session.md" '
    /^<!-- session -->$/ { print; while ((getline line < file) > 0) print line; hide = 1 }
    /^<!-- \/session -->$/ { hide = 0 }
    !hide { if ($0 != "<!-- session -->") print }' "$top/README.md" >"$work/README.md" && cp "$work/README.md" "$top/README.md"

chromium=$(command -v chromium) || { echo "docs/session.sh: no chromium: docs/page.png stays as it was" >&2; exit 0; }
(cd "$work" && weighin report -o page.html) >/dev/null || exit 1
"$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1120,1240 --user-data-dir="$work/profile" \
    --screenshot="$top/docs/page.png" "file://$work/page.html" 2>/dev/null
