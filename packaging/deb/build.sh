#!/usr/bin/env bash
# Packs a tree as a Debian package: packaging/deb/build.sh TREE VERSION FOLDER. The tree has the binary,
# the manual pages and the completions in usr/.
#
# Not cargo-deb: dpkg's own tools are on every Debian, nothing has to be compiled for them, and the
# dependencies come from dpkg-shlibdeps either way.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$(realpath "$1") version=$2-1 out=$(realpath "$3")
architecture=$(dpkg --print-architecture)
maintainer=${KELPIE_CHECK_MAINTAINER:-The kelpie-check developers <kelpie-check@kelpie-check.invalid>}
homepage=${KELPIE_CHECK_REPOSITORY:+Homepage: $KELPIE_CHECK_REPOSITORY
}
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
umask 022

strip --strip-unneeded --remove-section=.comment "$root/usr/bin/kelpie-check"
gzip -9n "$root"/usr/share/man/man1/*.1

doc=$root/usr/share/doc/kelpie-check
mkdir -p "$doc" "$root/DEBIAN"
gzip -9n <"$here/CHANGELOG.md" >"$doc/changelog.gz"
gzip -9n >"$doc/changelog.Debian.gz" <<CHANGELOG
kelpie-check ($version) unstable; urgency=medium

  * Version $2. changelog.gz lists the changes.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
cat >"$doc/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: kelpie-check
Upstream-Contact: $maintainer

Files: *
$(sed -n 's/^Copyright (c) /Copyright: /p' "$here/LICENSE-MIT")
License: Apache-2.0 or Expat

License: Apache-2.0
 On Debian systems, the text of this licence is in
 /usr/share/common-licenses/Apache-2.0.

License: Expat
$(sed '1,/^Copyright/d' "$here/LICENSE-MIT" | sed '1{/^$/d}; s/^$/./; s/^/ /')
COPYRIGHT
chmod 644 "$doc"/*

# dpkg-shlibdeps wants the control file of a source package, and takes nothing from it.
mkdir "$source/debian"
printf 'Source: kelpie-check\n\nPackage: kelpie-check\nArchitecture: any\n' >"$source/debian/control"
depends=$(cd "$source" && dpkg-shlibdeps -O "$root/usr/bin/kelpie-check" | sed -n 's/^shlibs:Depends=//p')

cat >"$root/DEBIAN/control" <<CONTROL
Package: kelpie-check
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -k --apparent-size -s "$root/usr" | cut -f1)
Depends: $depends
Suggests: qemu-system
Section: utils
Priority: optional
${homepage}Description: predict whether a Linux image boots in a virtual machine
 kelpie-check reads what a virtual machine boots: the kernel image, the
 initramfs, the root file system and the command line. It checks each file and
 predicts how they behave together on a given virtual machine monitor.
 .
 If the boot fails, it names the stage, the cause, the message of the kernel and
 the fix. It can also start the files with QEMU and compare, and it explains the
 console log of a boot that failed.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz -b "$root" "$out/kelpie-check_${version}_$architecture.deb" >/dev/null
