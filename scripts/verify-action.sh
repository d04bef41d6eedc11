#!/usr/bin/env bash
# The step of action.yml: from environment variables to `tinypoison verify`, and from its exit code to the job's.
set -u
case "$ACCEPT" in
  bits | bands) ;;
  *)
    echo "accept must be bits or bands" >&2
    echo "exit-code=2" >>"$GITHUB_OUTPUT"
    exit 2
    ;;
esac
options=(--engine "$ENGINE")
if [ "$SAMPLE" = all ]; then options+=(--all); else options+=(--sample "$SAMPLE"); fi
while IFS= read -r line; do
  if [ -n "$line" ]; then options+=(--corpus "$line"); fi
done <<<"$CORPUS"
code=0
node "$GITHUB_ACTION_PATH/dist/cli/main.js" verify "${options[@]}" -- "$TARGET" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ "$code" = 4 ] && [ "$ACCEPT" = bands ]; then exit 0; fi
exit "$code"
