/** Grid of a volume: voxel counts and the row-major 4x4 matrix from voxel index to LPS millimetres. */
export interface GridOf {
  size: [number, number, number];
  lps_from_index: number[];
}

/**
 * A NIfTI-1 file in memory. NIfTI's world is RAS, so x and y change sign here and nowhere else on the page.
 */
export function nifti(
  grid: GridOf,
  voxels: Uint8Array,
  type: 'int16' | 'uint8',
  slope = 1,
  intercept = 0,
): ArrayBuffer {
  const offset = 352;
  const buffer = new ArrayBuffer(offset + voxels.byteLength);
  const view = new DataView(buffer);
  const m = grid.lps_from_index;
  const [nx, ny, nz] = grid.size;
  view.setInt32(0, 348, true);
  [3, nx, ny, nz, 1, 1, 1, 1].forEach((n, i) => view.setInt16(40 + 2 * i, n, true));
  view.setInt16(70, type === 'int16' ? 4 : 2, true);
  view.setInt16(72, type === 'int16' ? 16 : 8, true);
  const spacing = [0, 1, 2].map((c) => Math.hypot(m[c]!, m[4 + c]!, m[8 + c]!));
  [1, ...spacing, 0, 0, 0, 0].forEach((d, i) => view.setFloat32(76 + 4 * i, d, true));
  view.setFloat32(108, offset, true);
  view.setFloat32(112, slope, true);
  view.setFloat32(116, intercept, true);
  view.setUint8(123, 2); // millimetres
  view.setInt16(252, 0, true);
  view.setInt16(254, 1, true);
  for (let row = 0; row < 3; ++row)
    for (let column = 0; column < 4; ++column)
      view.setFloat32(280 + 16 * row + 4 * column, (row < 2 ? -1 : 1) * m[4 * row + column]!, true);
  [0x6e, 0x2b, 0x31, 0].forEach((byte, i) => view.setUint8(344 + i, byte));
  new Uint8Array(buffer, offset).set(voxels);
  return buffer;
}

/** LPS to RAS: x and y change sign, a half turn, so triangles stay outward. */
export function rasFromLps(vertices: Float32Array): Float32Array {
  const turned = new Float32Array(vertices.length);
  for (let i = 0; i < vertices.length; i += 3) {
    turned[i] = -vertices[i]!;
    turned[i + 1] = -vertices[i + 1]!;
    turned[i + 2] = vertices[i + 2]!;
  }
  return turned;
}
