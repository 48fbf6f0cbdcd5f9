#!/usr/bin/env bash
# Gets a Linux kernel for the emulated machine out of a package, without installing it.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/emulated/fetch.sh FOLDER        leaves FOLDER/vmlinuz (run.py looks into build/emulated)
#
# An installed kernel package would change what the machine boots next. Needs no root; needs the network,
# unless the kernel is there already.
set -u
[ $# = 1 ] || { sed -n '5p' "$0" >&2; exit 2; }
folder=$1
[ ! -s "$folder/vmlinuz" ] || exit 0

die() { echo "fetch.sh: $*" >&2; exit 1; }

# The small kernel for virtual machines; the package of that name only points to the one of a version.
command -v apt-cache >/dev/null || die "no apt-cache here: put a kernel of your own to $folder/vmlinuz"
package=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2 }')
[ -n "$package" ] || die "apt-cache knows no linux-image-cloud-amd64: put a kernel of your own to $folder/vmlinuz"

mkdir -p "$folder" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package") ||
    die "apt-get could not download $package (is the network there?)"
dpkg-deb -x "$work"/*.deb "$work/tree" || die "dpkg-deb could not unpack $package"
cp "$work"/tree/boot/vmlinuz-* "$folder/vmlinuz.new" || die "$package holds no single boot/vmlinuz-*"
mv "$folder/vmlinuz.new" "$folder/vmlinuz"
