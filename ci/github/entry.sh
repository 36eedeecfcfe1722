#!/usr/bin/env bash
# The step of action.yml: installs kelpie-check from PyPI, and checks the images of kelpie-check.toml.
# The findings become annotations, the report is in the log, and the verdicts are in the summary.
set -euo pipefail

manifest=$(dirname "$0")/../../Cargo.toml
version=${KELPIE_CHECK_VERSION:-$(sed -n 's/^version = "\(.*\)"$/\1/p' "$manifest" | head -1)}
venv=$RUNNER_TEMP/kelpie-check
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --only-binary :all: "kelpie-check==$version"
# Later steps can use the command, too.
echo "$venv/bin" >>"$GITHUB_PATH"

# Splits words as a shell does, but expands nothing.
mapfile -t args < <(xargs -r -n 1 printf '%s\n' <<<"${KELPIE_CHECK_ARGS:-}")
check() { "$venv/bin/kelpie-check" check "${args[@]}" "$@"; }

status=0
check --format github || status=$?
echo "::group::kelpie-check $version"
check --format human || true
echo "::endgroup::"
# Indented, so that no text of an artefact is Markdown.
{ echo '### kelpie-check'; echo; check --format brief | sed 's/^/    /'; } >>"$GITHUB_STEP_SUMMARY" || true
if [ -n "${KELPIE_CHECK_SARIF:-}" ]; then
  check --format sarif >"$KELPIE_CHECK_SARIF" || true
fi
echo "status=$status" >>"$GITHUB_OUTPUT"
exit "$status"
