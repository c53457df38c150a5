// NiiVue can stream Zarr from servers. This page reads nothing from anywhere, so the reader (and its WebAssembly) stays out.
function absent(): never {
  throw new Error('this page reads no Zarr');
}
export const get = absent;
export const open = absent;
export const root = absent;
export const slice = absent;
export class FetchStore {
  constructor() {
    absent();
  }
}
