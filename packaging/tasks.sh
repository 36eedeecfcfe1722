#!/bin/bash
# Ten tasks of a new user, in the root that packaging/try.sh makes: no Rust, no compiler, no network.
# Prints a log in Markdown, and stops at the first task that ends otherwise than expected.
# /packages has the packages, /index an index for pip, /checkout the files of this repository.
set -euo pipefail
export HOME=/root LANG=C.UTF-8 PIP_INDEX_URL=file:///index/simple PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1 MANWIDTH=80 PAGER=cat
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
said=$(mktemp)
number=0

task() {
  number=$((number + 1))
  printf '\n## %s. %s\n' "$number" "$1"
  [ $# = 1 ] || printf '\n%s\n' "$2"
}
# Runs a command, and logs it with its output. The status and the texts must be as expected.
run() { # STATUS COMMAND [TEXT…]
  local wanted=$1 command=$2 status=0 text
  shift 2
  printf '\n```console\n$ %s\n' "$command"
  bash -o pipefail -c "$command" >"$said" 2>&1 || status=$?
  cat "$said"
  [ "$status" = 0 ] || echo "[exit status $status]"
  printf '```\n'
  if [ "$status" != "$wanted" ]; then
    echo "task $number: \`$command\` ended with $status instead of $wanted" >&2
    exit 1
  fi
  for text in "$@"; do
    if ! grep -qF -- "$text" "$said"; then
      echo "task $number: \`$command\` does not print: $text" >&2
      exit 1
    fi
  done
}

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' /checkout/Cargo.toml | head -1)
cat <<TEXT
# Ten tasks of a new user

A log of \`packaging/try.sh\`: kelpie-check $version in a fresh root that debootstrap made, with
$(. /etc/os-release && echo "$PRETTY_NAME"), Python and git. It has no Rust, no compiler and no network. pip takes its
wheels from a folder. Every command must end and print as expected; the first one that does not stops the script.
TEXT

task 'Install the command, in three ways' 'As a wheel:'
run 0 'for tool in cargo rustc cc gcc clang; do command -v $tool; done; true'
[ ! -s "$said" ] || { echo 'the root has a compiler' >&2; exit 1; }
run 0 'python3 -m venv ~/venv && ~/venv/bin/pip install -q kelpie-check && ~/venv/bin/kelpie-check --version' \
  "kelpie-check $version"
printf '\nAs a static binary:\n'
run 0 "tar -xzf /packages/kelpie-check-$version-*.tar.gz -C ~ && ~/kelpie-check-$version-*/kelpie-check --version" \
  "kelpie-check $version"
run 0 "ldd ~/kelpie-check-$version-*/kelpie-check" 'statically linked'
printf '\nAs a Debian package:\n'
run 0 'dpkg -i /packages/kelpie-check_*.deb' 'Setting up kelpie-check'
run 0 'command -v kelpie-check && kelpie-check --version' /usr/bin/kelpie-check "kelpie-check $version"

mkdir ~/demo
cd ~/demo
git config --global init.defaultBranch main
git init -q
/checkout/packaging/example.sh /bin/busybox

task 'Check a kernel' 'The project `demo` has a kernel, a root, and a `kelpie-check.toml`:'
run 0 'cat kelpie-check.toml'
run 0 'kelpie-check vmlinuz-x86_64' 'verdict: no problem found'

task 'Understand why a boot fails'
run 1 'kelpie-check check' 'verdict: fails at root device (KC405)' 'fix: Write root=/dev/vda.'
run 0 'kelpie-check explain KC405 | head -n 15' 'no-such-root-device'

task 'Paste the fix' 'The report says `fix: Write root=/dev/vda.`:'
run 0 'sed -i "s|root=[^ ]*|root=/dev/vda|" kelpie-check.toml && kelpie-check check' 'verdict: boots'

task 'Use it in pre-commit' 'pre-commit installs the hooks from the mirror, and the mirror installs the wheel. The
first run is timed: from the wheel to the first verdict.'
cp -r /packages/kelpie-check-pre-commit ~/mirror
(cd ~/mirror && git init -q && git add -A && git -c user.name=demo -c user.email=demo@localhost commit -qm hooks &&
  git tag "v$version")
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: /root/mirror
    rev: v$version
    hooks:
      - id: kelpie-check-kernel
      - id: kelpie-check-rootfs
      - id: kelpie-check
YAML
run 0 'cat .pre-commit-config.yaml'
run 0 '~/venv/bin/pip install -q pre-commit && git add -A'
# Processor time is what the run costs; on a busy machine, it also waits.
spent=$(mktemp)
exec 4>&2
trap 'grep -v "^[0-9. ]*$" "$spent" >&4 || true' EXIT
TIMEFORMAT='%R %U %S'
{ time run 0 '~/venv/bin/pre-commit run --all-files --verbose' 'demo: boots on qemu-microvm'; } 2>"$spent"
read -r waited user system <"$spent"
cost=$(awk '{ printf "%.1f", $1 + $2 }' <<<"$user $system")
for file in vmlinuz-x86_64 root.ext4; do
  [ "$(grep "$file" "$said")" = "$file: no problem found" ] || { echo "$file has more than one line" >&2; exit 1; }
done
printf '\nThe first run took %s s, and %s s of processor time, on a machine with a load of %s.\n' \
  "$waited" "$cost" "$(cut -d' ' -f1 /proc/loadavg)"
awk '{ exit $1 > 10 }' <<<"$cost" || { echo "from the wheel to the first verdict: $cost s" >&2; exit 1; }
sed -i 's|/dev/vda|/dev/sda|' kelpie-check.toml
run 1 'git add -A && ~/venv/bin/pre-commit run kelpie-check' 'fails at root device' 'fix: Write root=/dev/vda.'

task 'Use it in CI' "\`job.py\` does what the runners do: it sets their variables, fills in the inputs, and runs the script
of the template. First in a job like GitHub's:"
run 1 '~/venv/bin/python /checkout/packaging/job.py github sarif=kelpie-check.sarif' '::error' 'status=1'
printf "\\nIn a job like GitLab's:\\n"
run 1 '~/venv/bin/python /checkout/packaging/job.py gitlab' '"check_name": "KC405"'
sed -i 's|/dev/sda|/dev/vda|' kelpie-check.toml

task 'Ignore a finding, with a reason' 'The root was copied from a running machine:'
debugfs -w -R 'ssv state 2' root.ext4 2>/dev/null
run 1 'kelpie-check check --fail-on warn --format brief' 'KC508'
cat >>kelpie-check.toml <<'TOML'

[[ignore]]
code = "KC508"
reason = "the image is a copy of a running machine"
TOML
run 0 'tail -n 3 kelpie-check.toml && kelpie-check check --fail-on warn --format brief' 'demo: boots'

task 'Produce SARIF'
sed -i 's|/dev/vda|/dev/sda|' kelpie-check.toml
run 1 'kelpie-check check --format sarif >kelpie-check.sarif'
run 0 'grep -m 1 schemas kelpie-check.sarif; grep ruleId kelpie-check.sarif' sarif-schema-2.1.0 '"ruleId": "KC405"'

task 'Complete an option' "A shell that loads \`bash-completion\` finds the completions of the package. This is the result of
the Tab key:"
cat >/usr/local/bin/tab <<'BASH'
#!/bin/bash
# Prints what an interactive bash offers for the line.
. /usr/share/bash-completion/bash_completion
read -ra COMP_WORDS <<<"$1"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
_completion_loader "${COMP_WORDS[0]}"
function=$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\).*/\1/')
"$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
BASH
chmod +x /usr/local/bin/tab
run 0 'tab "kelpie-check bo"' boot
[ "$(wc -l <"$said")" = 1 ] || { echo 'bo completes to more than boot' >&2; exit 1; }
run 0 'tab "kelpie-check check --ro"' --rootfs
run 0 'tab "kelpie-check check --target fire"' firecracker

task 'Read a manual page'
run 0 'man kelpie-check-explain' 'Print the manual page of a cause'
