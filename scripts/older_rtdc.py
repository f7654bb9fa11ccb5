#!/usr/bin/env python3
"""Writes an .rtdc file again in a format that HDF5 1.10 reads. Needs h5py 3.16 and hdf5plugin.

  older_rtdc.py IN.rtdc OUT.rtdc

Data are read and written anew: copying datasets as they are (h5py's copy, dclab-repack,
dclab-compress) keeps the newer format. Each dataset is held in memory once.
"""

import sys

import h5py
import hdf5plugin


def main(source, target):
    with h5py.File(source) as old, h5py.File(target, "x", libver=("earliest", "v110")) as new:
        new.attrs.update(old.attrs)

        def write(name, item):
            if isinstance(item, h5py.Group):
                copy = new.require_group(name)
            else:
                options = {"chunks": item.chunks, "maxshape": item.maxshape} if item.chunks else {}
                if item.chunks and item.dtype.kind in "iufSV":  # texts of variable length: not
                    options |= {"fletcher32": True, **hdf5plugin.Zstd(clevel=5)}
                copy = new.create_dataset(name, data=item[()], dtype=item.dtype, **options)
            copy.attrs.update(item.attrs)

        old.visititems(write)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
