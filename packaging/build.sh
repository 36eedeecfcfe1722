#!/usr/bin/env bash
# Builds packages of this checkout:
#
#     packaging/build.sh WHAT…
#
#   wheel    a wheel for pip with the command, its manual pages and completions; needs maturin (PyPI)
#   deb      a Debian package; needs dpkg-deb and dpkg-shlibdeps (dpkg-dev)
#   static   an archive with a static binary; needs a static C library (libc6-dev)
#   oci      an image layout with the static binary; needs umoci, and no engine
#   mirror   the repository that pre-commit installs: hooks that depend on the wheel
#   formula  a Homebrew formula for the static archive; needs `repository` in Cargo.toml
#   sums     SHA256SUMS of everything that was built
#
# Everything is built in the profile KELPIE_CHECK_PROFILE (default: dist), and written to
# KELPIE_CHECK_PACKAGES (default: target/packages). The version is the one in Cargo.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${KELPIE_CHECK_PROFILE:-dist}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
out=${KELPIE_CHECK_PACKAGES:-$CARGO_TARGET_DIR/packages}
mkdir -p "$out"
out=$(realpath "$out")
CARGO_TARGET_DIR=$(realpath "$CARGO_TARGET_DIR")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What varies between two builds of one commit is fixed: times, owners, order. Cargo must not see the
# variable: with another value, it builds every crate with C code again.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
unset SOURCE_DATE_EPOCH
umask 022

# A key of [package] in Cargo.toml; empty where it has none.
package() { sed -n "/^\[package\]/,/^\[[^p]/s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml | head -1; }
version=$(package version)
machine=$(uname -m)
triple=$machine-unknown-linux-gnu
static=kelpie-check-$version-$triple

fail() { echo "packaging/build.sh: $1" >&2; exit 1; }
need() { command -v "$1" >/dev/null || fail "$1 is not installed${2:+; it is in the package $2}"; }
# Fills in a template.
fill() { sed "s|@VERSION@|$version|g" "$1"; }
# Packs a folder of $work, the same each time.
pack() { # FOLDER
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -cf - "$1"
}

binary() {
  cargo build -q --locked --profile "$profile" --bin kelpie-check
  binary=$CARGO_TARGET_DIR/$profile/kelpie-check
}

# With the C library inside; docs/RELEASING.md says what that lacks. Only the last step differs: all
# crates are those of `binary`, and the linker takes libc.a.
static_binary() {
  cargo rustc -q --locked --profile "$profile" --bin kelpie-check -- -C target-feature=+crt-static
  binary=$work/static-binary
  cp "$CARGO_TARGET_DIR/$profile/kelpie-check" "$binary"
  ! readelf -d "$binary" | grep -q NEEDED || fail 'the static binary needs shared libraries'
}

# Manual pages and completions, as the binary prints them, where every prefix has them.
share() { # FOLDER BASH ZSH FISH: the folder, and below it the folders of the shells
  mkdir -p "$1/man/man1" "$1/$2" "$1/$3" "$1/$4"
  "$binary" man "$1/man/man1"
  "$binary" completions bash >"$1/$2/kelpie-check"
  "$binary" completions zsh >"$1/$3/_kelpie-check"
  "$binary" completions fish >"$1/$4/kelpie-check.fish"
  chmod -R go+rX "$1"
  find "$1" -type f -exec chmod 644 {} +
}
upstream=(bash-completion/completions zsh/site-functions fish/vendor_completions.d)

wheel() {
  need maturin 'maturin (PyPI)'
  binary
  rm -rf packaging/wheel/kelpie-check.data
  cp LICENSE-* packaging/wheel/
  share packaging/wheel/kelpie-check.data/data/share "${upstream[@]}"
  # maturin reads the version of glibc off the symbols that the binary needs, and tags the wheel so.
  (cd packaging/wheel && maturin build -q --profile "$profile" --target-dir "$CARGO_TARGET_DIR" -o "$out")
  rm -rf packaging/wheel/kelpie-check.data packaging/wheel/LICENSE-*
}

deb() {
  need dpkg-shlibdeps dpkg-dev
  binary
  mkdir -p "$work/deb/usr/bin"
  install -m 755 "$binary" "$work/deb/usr/bin/kelpie-check"
  share "$work/deb/usr/share" bash-completion/completions zsh/vendor-completions fish/vendor_completions.d
  SOURCE_DATE_EPOCH=$epoch KELPIE_CHECK_REPOSITORY=$repository packaging/deb/build.sh "$work/deb" "$version" "$out"
}

static() {
  need readelf binutils
  static_binary
  mkdir -p "$work/$static"
  install -m 755 "$binary" "$work/$static/kelpie-check"
  cp LICENSE-* README.md CHANGELOG.md "$work/$static/"
  share "$work/$static/share" "${upstream[@]}"
  pack "$static" | gzip -9n >"$out/$static.tar.gz"
}

oci() {
  need umoci umoci
  static_binary
  local image=$work/kelpie-check:$version created
  created=$(date -u -d "@$epoch" +%FT%TZ)
  mkdir -p "$work/root/usr/bin" "$work/root/usr/share/doc/kelpie-check" "$work/root/tmp" "$work/root/work"
  install -m 755 "$binary" "$work/root/usr/bin/kelpie-check"
  cp LICENSE-* "$work/root/usr/share/doc/kelpie-check/"
  chmod 1777 "$work/root/tmp"
  find "$work/root" -exec touch -hd "@$epoch" {} +
  umoci init --layout "$work/kelpie-check"
  umoci new --image "$image"
  umoci insert --rootless --image "$image" --history.created "$created" "$work/root" /
  umoci config --image "$image" --created "$created" --history.created "$created" \
    --config.entrypoint /usr/bin/kelpie-check --config.cmd --help --config.workingdir /work \
    --config.label "org.opencontainers.image.title=kelpie-check" \
    --config.label "org.opencontainers.image.description=$(package description)" \
    --config.label "org.opencontainers.image.licenses=$(package license)" \
    --config.label "org.opencontainers.image.version=$version" ${repository:+--config.label \
    "org.opencontainers.image.source=$repository"}
  umoci gc --layout "$work/kelpie-check"
  pack kelpie-check >"$out/kelpie-check-$version-$machine.oci.tar"
}

mirror() {
  local folder=$out/kelpie-check-pre-commit
  rm -rf "$folder"
  mkdir -p "$folder"
  fill packaging/mirror/pyproject.toml.in >"$folder/pyproject.toml"
  fill packaging/mirror/README.md.in >"$folder/README.md"
  # The same hooks as in this repository, installed by pip instead of cargo.
  sed 's/^  language: rust$/  language: python/' .pre-commit-hooks.yaml >"$folder/.pre-commit-hooks.yaml"
  cp LICENSE-* "$folder/"
}

formula() {
  [ -n "$repository" ] || fail 'the formula needs `repository` in Cargo.toml'
  [ -f "$out/$static.tar.gz" ] || fail "build.sh static comes first: there is no $out/$static.tar.gz"
  fill packaging/homebrew/kelpie-check.rb.in | sed "s|@REPOSITORY@|$repository|g; s|@TRIPLE@|$triple|g; \
s|@SHA256@|$(sha256sum <"$out/$static.tar.gz" | cut -d' ' -f1)|g" >"$out/kelpie-check.rb"
}

sums() {
  (cd "$out" && find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS)
}

repository=${KELPIE_CHECK_REPOSITORY:-$(package repository)}
[ $# -gt 0 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
for what in "$@"; do
  case $what in
  wheel | deb | static | oci | mirror | formula | sums) "$what" ;;
  *) fail "unknown package: $what" ;;
  esac
done
