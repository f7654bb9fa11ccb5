#!/usr/bin/env bash
# Builds HDF5 2.2 into a folder of its own, beside the 1.10 of Debian 12, which refuses files that
# today's h5py and dcnum write. CMake calls it; once built, it has nothing to do.
#
#   scripts/hdf5.sh PREFIX
#
# The sources are those of the HDF Group as crates.io has them: the one registry with HDF5 2 in
# source and a name that stays. Needs cargo (to fetch them, not to compile), cc, cmake and ninja.
set -euo pipefail

crate=hdf5-metno-src
version=0.10.4 # of the crate; it holds HDF5 2.2.0
sha256=69c883c565498492954e344c482f8622525e58c7a71100dd9498c4940da82885

prefix=$(realpath -m "$1")
stamp=$prefix/$crate-$version
[ ! -e "$stamp" ] || exit 0
for tool in cargo cc cmake ninja flock; do
  command -v "$tool" >/dev/null || { echo "hdf5.sh: needs $tool" >&2; exit 1; }
done

mkdir -p "$(dirname "$prefix")"
exec 9>"$prefix.lock" # two builds that are configured at once make it once
flock 9
[ ! -e "$stamp" ] || exit 0
work=$(mktemp -d "$prefix.XXXXXX")
trap 'rm -rf "$work"' EXIT

archive() {
  ls "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"$crate-$version.crate" 2>/dev/null | head -n 1
}
if [ -z "$(archive)" ]; then
  mkdir -p "$work/fetch/src"
  touch "$work/fetch/src/lib.rs"
  printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n' \
    "$crate" "$version" >"$work/fetch/Cargo.toml"
  # An old cargo fetches the crate and then cannot read its manifest, which nobody needs.
  cargo fetch --quiet --manifest-path "$work/fetch/Cargo.toml" >&2 || true
fi
[ -n "$(archive)" ] || { echo "hdf5.sh: cargo cannot fetch $crate $version" >&2; exit 1; }
echo "$sha256  $(archive)" | sha256sum --check --quiet >&2
tar -xzf "$(archive)" -C "$work"
source=$work/$crate-$version/ext/hdf5
# It asks for 3.26 and needs nothing that Debian's 3.25 lacks.
find "$source" -name CMakeLists.txt -exec sed -i 's/(VERSION 3\.26)/(VERSION 3.25)/' {} +

# Debian's libaec comes without the file by which HDF5 looks for it.
options=(-DHDF5_ENABLE_SZIP_SUPPORT=OFF)
if [ -e /usr/include/szlib.h ]; then
  mkdir "$work/szip"
  cat >"$work/szip/szip-config.cmake" <<'CMAKE'
set(SZIP_INCLUDE_DIR /usr/include)
set(SZIP_LIBRARIES sz aec)
CMAKE
  options=(-DHDF5_ENABLE_SZIP_SUPPORT=ON -DLIBAEC_PACKAGE_NAME=szip "-Dszip_DIR=$work/szip")
fi
command -v ccache >/dev/null && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
echo "hdf5.sh: building HDF5 2.2 (some minutes, once)" >&2
cmake -G Ninja -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DHDF5_NO_PACKAGES=ON \
  -DBUILD_SHARED_LIBS=ON -DBUILD_STATIC_LIBS=OFF -DBUILD_TESTING=OFF -DHDF5_BUILD_TOOLS=OFF \
  -DHDF5_BUILD_EXAMPLES=OFF -DHDF5_BUILD_HL_LIB=OFF -DHDF5_BUILD_UTILS=OFF \
  -DHDF5_ENABLE_ZLIB_SUPPORT=ON "${options[@]}" >"$work/log" 2>&1 &&
  cmake --build "$work/build" >>"$work/log" 2>&1 &&
  DESTDIR="$work/root" cmake --install "$work/build" >>"$work/log" 2>&1 ||
  { tail -n 30 "$work/log" >&2; exit 1; }
touch "$work/root$stamp"
rm -rf "$prefix"
mv "$work/root$prefix" "$prefix"
