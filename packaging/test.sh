#!/usr/bin/env bash
# Tests the packages and the templates for CI without a compiler:
#
#     packaging/test.sh
#
# Builds the wheel, the Debian package and the pre-commit mirror (KELPIE_CHECK_PROFILE, default: release,
# which .ci/run has built already), and installs them: the wheel from an index in files, the hooks by
# pre-commit. packaging/try.sh does more, in a root of its own.
#
# Needs git, mke2fs, busybox, dpkg-dev and, from PyPI, maturin, pre-commit and check-jsonschema.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
export KELPIE_CHECK_PROFILE=${KELPIE_CHECK_PROFILE:-release}
export PATH=$PATH:/usr/sbin:/sbin PIP_DISABLE_PIP_VERSION_CHECK=1

skip() {
  case ",${KELPIE_CHECK_REQUIRE:-}," in
  *,tools,*) echo "needed: $1" >&2; exit 1 ;;
  *) echo "skipped: $1"; exit 0 ;;
  esac
}
for tool in git mke2fs busybox dpkg-deb dpkg-shlibdeps maturin pre-commit check-jsonschema; do
  command -v "$tool" >/dev/null || skip "$tool is not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
says() { # FILE TEXT
  grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "no \"$2\" in the output above"; }
}
passed() { echo "passed: $1"; }
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)

export KELPIE_CHECK_PACKAGES=$work/packages
packaging/build.sh wheel deb mirror
wheel=$(echo "$work"/packages/kelpie_check-"$version"-py3-none-manylinux_2_*.whl)
[ -f "$wheel" ] || fail "the wheel has another name: $(ls "$work/packages")"

# The tag promises a version of glibc that has every symbol which the binary needs.
python3 -m zipfile -e "$wheel" "$work/wheel"
binary=$work/wheel/kelpie_check-$version.data/scripts/kelpie-check
needed=$(objdump -T "$binary" | grep -oE 'GLIBC_2\.[0-9]+' | sort -Vu | tail -1)
tagged=$(basename "$wheel" | grep -oE 'manylinux_2_[0-9]+' | head -1 | sed 's/manylinux_\([0-9]*\)_/GLIBC_\1./')
[ "$(printf '%s\n%s\n' "$needed" "$tagged" | sort -V | tail -1)" = "$tagged" ] || fail "needs $needed, is tagged $tagged"
passed "the wheel is tagged $tagged and needs $needed"

# No compiler from here on: one that is called leaves a mark.
mkdir "$work/stubs"
for tool in cargo rustc rustup cc gcc c++ g++ clang; do
  # pip asks rustc for its version, only to tell the index.
  printf '#!/bin/sh\n[ "$*" = --version ] || echo "$0 $*" >>%s/compilers\nexit 1\n' "$work" >"$work/stubs/$tool"
  chmod +x "$work/stubs/$tool"
done
export PATH=$work/stubs:$PATH PRE_COMMIT_HOME=$work/cache GIT_CONFIG_GLOBAL=/dev/null
python3 -m pip download -q --no-deps --only-binary :all: -d "$work/build" setuptools
packaging/index.sh "$work/index" "$wheel" "$work"/build/*.whl
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL
export PIP_INDEX_URL=file://$work/index/simple PIP_CONFIG_FILE=/dev/null

# A project, first with a boot that fails, and a copy of the hooks with a tag.
mkdir "$work/project"
cd "$work/project"
git init -q
"$here/packaging/example.sh" "$(command -v busybox)"
mirror=$work/packages/kelpie-check-pre-commit
git -C "$mirror" init -q
git -C "$mirror" add -A
git -C "$mirror" -c user.name=mirror -c user.email=mirror@localhost commit -q -m "kelpie-check $version"
git -C "$mirror" tag "v$version"
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $mirror
    rev: v$version
    hooks: [{id: kelpie-check-kernel}, {id: kelpie-check-rootfs}, {id: kelpie-check-initramfs}, {id: kelpie-check}]
YAML
git add -A

TIMEFORMAT='%U %S'
seconds=$({ time pre-commit run --all-files --verbose >"$work/said" 2>&1; } 2>&1) && fail 'the hooks pass a boot that fails'
says "$work/said" 'demo: fails at root device (KC405 no-such-root-device) on qemu-microvm'
says "$work/said" 'fix: Write root=/dev/vda.'
for line in 'vmlinuz-x86_64: no problem found' 'root.ext4: no problem found'; do
  [ "$(grep -c "^$line" "$work/said")" = 1 ] || { cat "$work/said"; fail "a healthy file has another line than $line"; }
done
[ ! -e "$work/compilers" ] || fail "the hooks called $(cat "$work/compilers")"
awk '{ exit $1 + $2 > 10 }' <<<"${seconds##*$'\n'}" || fail "from the wheel to the verdicts: $seconds s of processor time"
passed "pre-commit installs the wheel, and the hooks stop a boot that fails (${seconds##*$'\n'} s of processor time)"

export PYTHONDONTWRITEBYTECODE=1
job() { "$(command -v python3)" "$here/packaging/job.py" "$@" >"$work/said" 2>&1; }
! job github sarif=report.sarif || fail 'the GitHub Action passes a boot that fails'
says "$work/said" '::error file='
says "$work/said" 'title=KC405 no-such-root-device::root= names /dev/sda'
says "$work/said" 'verdict: fails at root device (KC405)'
says "$work/said" '    demo: fails at root device'
says "$work/said" 'status=1'
says report.sarif '"ruleId": "KC405"'
job github args='--ignore KC405 --fail-on "fatal"' || { cat "$work/said"; fail 'the arguments of the GitHub Action do not arrive'; }
! grep -q '^::error' "$work/said" || fail 'the GitHub Action annotates an ignored cause'
! job github version=0.0.0 || fail 'the GitHub Action takes no version'
! job gitlab || fail 'the GitLab job passes a boot that fails'
says "$work/said" 'verdict: fails at root device (KC405)'
says gl-code-quality-report.json '"check_name": "KC405"'
job gitlab args='--ignore KC405 --fail-on "fatal"' version="$version" || { cat "$work/said"; fail 'the inputs of the GitLab job do not arrive'; }

sed -i 's|/dev/sda|/dev/vda|' kelpie-check.toml
git add -A
pre-commit run --all-files --verbose >"$work/said" 2>&1 || { cat "$work/said"; fail 'the hooks stop a boot that succeeds'; }
says "$work/said" 'demo: boots on qemu-microvm'
job github || { cat "$work/said"; fail 'the GitHub Action fails a boot that succeeds'; }
says "$work/said" 'status=0'
! grep -q '^::\(error\|warning\)' "$work/said" || fail 'the GitHub Action annotates a boot that succeeds'
job gitlab || { cat "$work/said"; fail 'the GitLab job fails a boot that succeeds'; }
[ "$(tr -d ' \n' <gl-code-quality-report.json)" = '[]' ] || fail 'the GitLab report has findings'
[ ! -e "$work/compilers" ] || fail "a job called $(cat "$work/compilers")"
passed 'the GitHub Action and the GitLab job show what fails, and pass what boots'

# Completions and manual pages are where bash and man look for them.
cd "$here"
dpkg-deb -x "$work"/packages/*.deb "$work/deb"
for prefix in "$work/deb/usr" "$work/wheel/kelpie_check-$version.data/data"; do
  found=$(bash -c '. "$0" && COMP_WORDS=(kelpie-check check --tar) COMP_CWORD=2 &&
    _kelpie__check kelpie-check --tar check && echo "${COMPREPLY[@]}"' \
    "$prefix/share/bash-completion/completions/kelpie-check")
  [ "$found" = --target ] || fail "bash completes --tar to \"$found\""
  for page in kelpie-check kelpie-check-check kelpie-check-initramfs-build; do
    [ -f "$(echo "$prefix/share/man/man1/$page.1"*)" ] || fail "no manual page $page"
  done
done
"$work/deb/usr/bin/kelpie-check" --version | grep -qx "kelpie-check $version" || fail 'the binary of the Debian package'
if command -v lintian >/dev/null; then
  # Nothing is uploaded to Debian, and the project has no address for letters yet.
  lintian --allow-root --fail-on error,warning --suppress-tags \
    initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog "$work"/packages/*.deb
fi
passed 'the Debian package and the wheel have completions and manual pages'

# What cannot be run here is valid at least.
check-jsonschema --builtin-schema vendor.github-actions ci/github/action.yml
check-jsonschema --builtin-schema vendor.github-workflows packaging/github/release.yml
sed '1,/^---$/d' ci/gitlab/kelpie-check.yml >"$work/gitlab.yml"
check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci "$work/gitlab.yml"
touch "$work/packages/kelpie-check-$version-$(uname -m)-unknown-linux-gnu.tar.gz"
KELPIE_CHECK_REPOSITORY=https://kelpie-check.invalid/kelpie-check packaging/build.sh formula
! command -v ruby >/dev/null || ruby -c "$work/packages/kelpie-check.rb"
! command -v nix-instantiate >/dev/null || nix-instantiate --parse packaging/nix/flake.nix >/dev/null
python3 - "$work/packages/kelpie-check.rb" <<'PYTHON'
# The formula and cargo binstall fetch the same archive.
import platform
import sys
import tomllib

package = tomllib.load(open("Cargo.toml", "rb"))["package"]
target = f"{platform.machine()}-unknown-linux-gnu"
url = package["metadata"]["binstall"]["pkg-url"]
for name, value in {
    "repo": "https://kelpie-check.invalid/kelpie-check",
    "name": package["name"],
    "version": package["version"],
    "target": target,
}.items():
    url = url.replace(f"{{ {name} }}", value)
formula = open(sys.argv[1]).read()
assert f'url "{url}"' in formula, (url, formula)
assert "@" not in formula.split("class", 1)[1], formula
PYTHON
passed 'the templates that nothing runs here are valid'
