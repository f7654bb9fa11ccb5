// Reads arrays by zarrita, as browser viewers do, and prints a line of JSON for each:
// {"path", "shape", "dtype", "dimension_names", "sha256"} of its little-endian bytes in C order,
// or {"path", "error"}.
//
//   node read_arrays.mjs < PATHS, one folder of an array a line
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { FileSystemStore } from "@zarrita/storage";
import * as zarr from "zarrita";

async function read(path) {
  const array = await zarr.open(new FileSystemStore(path), { kind: "array" });
  const { data } = await zarr.get(array);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    path,
    shape: array.shape,
    dtype: array.dtype,
    dimension_names: array.dimensionNames ?? null,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

for await (const path of createInterface({ input: process.stdin })) {
  const line = await read(path).catch((error) => ({ path, error: String(error) }));
  console.log(JSON.stringify(line));
}
