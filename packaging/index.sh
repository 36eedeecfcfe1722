#!/bin/sh
# Makes an index of packages for pip, in files: packaging/index.sh FOLDER WHEEL…
# PIP_INDEX_URL=file://FOLDER/simple then installs these wheels and nothing else.
set -eu
folder=$1
shift
mkdir -p "$folder/simple"
for wheel in "$@"; do
    file=$(basename "$wheel")
    name=$(echo "${file%%-*}" | tr '_.[:upper:]' '--[:lower:]')
    mkdir -p "$folder/simple/$name"
    cp "$wheel" "$folder/simple/$name/"
    echo "<a href=\"$file\">$file</a>" >>"$folder/simple/$name/index.html"
done
