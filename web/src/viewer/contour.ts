/** Marching squares around each label of a slice. */

export interface Contour {
  value: number;
  /** x0, y0, x1, y1 of each segment, in voxel index coordinates of the slice (integer = voxel centre). */
  segments: number[];
}

/**
 * Outlines of every label in a slice of nx by ny values (x fastest). Segments run half-way between voxel centres, so
 * that corners are cut; beyond the slice everything counts as outside.
 */
export function contours(slice: Uint8Array, nx: number, ny: number, values: readonly number[]): Contour[] {
  return values.map((value) => {
    const inside = (x: number, y: number): number => (x >= 0 && y >= 0 && x < nx && y < ny && slice[y * nx + x] === value ? 1 : 0);
    const segments: number[] = [];
    for (let y = -1; y < ny; ++y)
      for (let x = -1; x < nx; ++x) {
        const code = inside(x, y) | (inside(x + 1, y) << 1) | (inside(x + 1, y + 1) << 2) | (inside(x, y + 1) << 3);
        if (code === 0 || code === 15) continue;
        const top = [x + 0.5, y];
        const right = [x + 1, y + 0.5];
        const bottom = [x + 0.5, y + 1];
        const left = [x, y + 0.5];
        const add = (from: number[], to: number[]): void => void segments.push(from[0]!, from[1]!, to[0]!, to[1]!);
        if (code === 1 || code === 14) add(left, top);
        else if (code === 2 || code === 13) add(top, right);
        else if (code === 4 || code === 11) add(right, bottom);
        else if (code === 8 || code === 7) add(bottom, left);
        else if (code === 3 || code === 12) add(left, right);
        else if (code === 6 || code === 9) add(top, bottom);
        else if (code === 5) {
          add(left, top);
          add(right, bottom);
        } else {
          add(top, right);
          add(bottom, left);
        }
      }
    return { value, segments };
  });
}

/** Slice `index` across `axis` of a volume with x fastest; its columns run along the lower remaining axis. */
export function sliceOf(voxels: Uint8Array, size: readonly [number, number, number], axis: number, index: number): { values: Uint8Array; nu: number; nv: number } {
  const [u, v] = [0, 1, 2].filter((a) => a !== axis) as [number, number];
  const stride = [1, size[0], size[0] * size[1]];
  const nu = size[u]!;
  const nv = size[v]!;
  const values = new Uint8Array(nu * nv);
  for (let j = 0; j < nv; ++j) for (let i = 0; i < nu; ++i) values[j * nu + i] = voxels[i * stride[u]! + j * stride[v]! + index * stride[axis]!]!;
  return { values, nu, nv };
}
