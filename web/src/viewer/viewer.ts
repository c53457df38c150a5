// The second script of the page: NiiVue behind two small objects. It waits as compressed text until a viewer comes into
// view (src/viewer/load.ts).
import { NVImage, NVMesh, Niivue, SLICE_TYPE } from '@niivue/niivue';
import { contours, sliceOf } from './contour';
import { nifti, rasFromLps, type GridOf } from './nifti';

export type Plane = 'axial' | 'coronal' | 'sagittal';

export interface SliceLayer {
  name: string;
  labels: { value: number; name: string; colour: [number, number, number] }[];
  voxels: Uint8Array;
}

export interface SliceSource extends GridOf {
  slope: number;
  intercept: number;
  voxels: Uint8Array;
  layers: SliceLayer[];
}

export interface SliceViewer {
  /** Number of slices across the plane. */
  count: (plane: Plane) => number;
  show: (plane: Plane, slice: number) => void;
  window: (centre: number, width: number) => void;
  layer: (index: number | null, opacity: number, outline: boolean) => void;
  toCanvas: () => HTMLCanvasElement;
  dispose: () => void;
}

export interface SurfaceViewer {
  show: (vertices: Float32Array, triangles: Uint32Array, rgb: [number, number, number]) => void;
  turn: (azimuth: number, elevation: number) => void;
  zoom: (scale: number) => void;
  toCanvas: () => HTMLCanvasElement;
  dispose: () => void;
}

const kCommon = {
  interactive: false,
  dragAndDropEnabled: false,
  logLevel: 'error',
  isColorbar: false,
  showLegend: false,
  loadingText: '',
  crosshairWidth: 0,
  show3Dcrosshair: false,
  isResizeCanvas: true,
} as const;

function lose(viewer: Niivue): void {
  viewer.cleanup();
  viewer.gl?.getExtension('WEBGL_lose_context')?.loseContext();
}

async function volumeOf(file: ArrayBuffer, colormap: string, opacity: number): Promise<NVImage> {
  return NVImage.loadFromUrl({ url: file, name: 'volume.nii', colormap, opacity });
}

async function slices(canvas: HTMLCanvasElement, source: SliceSource): Promise<SliceViewer> {
  const viewer = new Niivue({
    ...kCommon,
    backColor: [0, 0, 0, 1],
    isRadiologicalConvention: true,
    isOrientationTextVisible: true,
    fontColor: [0.85, 0.85, 0.85, 1],
    isNearestInterpolation: false,
    sliceType: SLICE_TYPE.AXIAL,
  });
  await viewer.attachToCanvas(canvas, false);
  const image = await volumeOf(nifti(source, source.voxels, 'int16', source.slope, source.intercept), 'gray', 1);
  viewer.addVolume(image);
  for (const layer of source.layers) {
    const label = await volumeOf(nifti(source, layer.voxels, 'uint8'), '', 0);
    const values = [{ value: 0, name: '', colour: [0, 0, 0] as [number, number, number] }, ...layer.labels];
    label.setColormapLabel({
      R: values.map((v) => v.colour[0]),
      G: values.map((v) => v.colour[1]),
      B: values.map((v) => v.colour[2]),
      A: values.map((v) => (v.value === 0 ? 0 : 255)),
      I: values.map((v) => v.value),
      labels: values.map((v) => v.name),
    });
    viewer.addVolume(label);
  }
  // The image's own axis nearest to each direction of the body, so that a slice is a slice of the scan.
  const axes = nearestAxes(source.lps_from_index);
  const at = source.size.map((n) => Math.floor(n / 2));
  const planes: Record<Plane, { type: SLICE_TYPE; axis: number }> = {
    sagittal: { type: SLICE_TYPE.SAGITTAL, axis: axes[0]! },
    coronal: { type: SLICE_TYPE.CORONAL, axis: axes[1]! },
    axial: { type: SLICE_TYPE.AXIAL, axis: axes[2]! },
  };
  // Scene positions are fractions of the volume after NiiVue has turned it to the nearest RAS.
  const fraction = (voxel: readonly number[]): [number, number, number] =>
    [0, 1, 2].map((direction) => {
      const axis = axes[direction]!;
      const share = (voxel[axis]! + 0.5) / source.size[axis]!;
      return source.lps_from_index[4 * direction + axis]! * (direction < 2 ? -1 : 1) > 0 ? share : 1 - share;
    }) as [number, number, number];
  const overlay = document.createElement('canvas');
  overlay.setAttribute('aria-hidden', 'true');
  overlay.className = 'overlay';
  canvas.after(overlay);
  let plane: Plane = 'axial';
  let outlined: number | null = null;

  /** Outlines are drawn over NiiVue's picture: its own are a voxel wide and fill what they surround. */
  function drawOutline(): void {
    overlay.width = canvas.width;
    overlay.height = canvas.height;
    const layer = outlined === null ? undefined : source.layers[outlined];
    if (!layer) return;
    const { axis } = planes[plane];
    const [u, v] = [0, 1, 2].filter((a) => a !== axis) as [number, number];
    const position = (i: number, j: number): number[] | null => {
      const voxel = [...at];
      voxel[u] = i;
      voxel[v] = j;
      return viewer.frac2canvasPos(fraction(voxel) as unknown as Parameters<typeof viewer.frac2canvasPos>[0]);
    };
    const [origin, alongU, alongV] = [position(0, 0), position(source.size[u]! - 1, 0), position(0, source.size[v]! - 1)];
    if (!origin || !alongU || !alongV) return;
    const du = [0, 1].map((c) => (alongU[c]! - origin[c]!) / Math.max(1, source.size[u]! - 1));
    const dv = [0, 1].map((c) => (alongV[c]! - origin[c]!) / Math.max(1, source.size[v]! - 1));
    const { values, nu, nv } = sliceOf(layer.voxels, source.size, axis, at[axis]!);
    const context = overlay.getContext('2d')!;
    context.lineCap = 'round';
    for (const [width, shade] of [[4.5, true], [2.2, false]] as const)
      for (const { value, segments } of contours(values, nu, nv, layer.labels.map((entry) => entry.value))) {
        const colour = layer.labels.find((entry) => entry.value === value)!.colour;
        context.strokeStyle = shade ? 'rgba(0,0,0,0.55)' : `rgb(${colour.join(',')})`;
        context.lineWidth = width * (devicePixelRatio || 1);
        context.beginPath();
        for (let k = 0; k < segments.length; k += 4) {
          const point = (i: number, j: number): [number, number] => [origin[0]! + i * du[0]! + j * dv[0]!, origin[1]! + i * du[1]! + j * dv[1]!];
          context.moveTo(...point(segments[k]!, segments[k + 1]!));
          context.lineTo(...point(segments[k + 2]!, segments[k + 3]!));
        }
        context.stroke();
      }
  }
  const toViewer = (): void => {
    viewer.scene.crosshairPos = fraction(at) as unknown as typeof viewer.scene.crosshairPos;
    viewer.drawScene();
    drawOutline();
  };
  const resized = new ResizeObserver(() => requestAnimationFrame(drawOutline));
  resized.observe(canvas.parentElement!);
  return {
    count: (each) => source.size[planes[each].axis]!,
    show: (each, slice) => {
      plane = each;
      const { type, axis } = planes[each];
      at[axis] = slice;
      if (viewer.opts.sliceType !== type) viewer.setSliceType(type);
      toViewer();
    },
    window: (centre, width) => {
      image.cal_min = centre - width / 2;
      image.cal_max = centre + width / 2;
      viewer.updateGLVolume();
      drawOutline();
    },
    layer: (index, opacity, outline) => {
      source.layers.forEach((_, i) => (viewer.volumes[i + 1]!.opacity = i === index && !outline ? opacity : 0));
      outlined = outline ? index : null;
      viewer.updateGLVolume();
      drawOutline();
    },
    toCanvas: () => {
      const copy = copyOf(viewer);
      copy.getContext('2d')!.drawImage(overlay, 0, 0);
      return copy;
    },
    dispose: () => {
      resized.disconnect();
      lose(viewer);
    },
  };
}

/** For each body direction (x, y, z) the voxel axis that runs most along it; every axis is used once. */
export function nearestAxes(m: number[]): number[] {
  let best: number[] = [0, 1, 2];
  let most = -1;
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    const sum = order.reduce((total, axis, direction) => total + Math.abs(m[4 * direction + axis]!) / Math.hypot(m[axis]!, m[4 + axis]!, m[8 + axis]!), 0);
    if (sum > most + 1e-9) {
      most = sum;
      best = order;
    }
  }
  return best;
}

// A soft key light from above, left and in front, with light from below so that no side is black; a faint sheen.
const kLight = `#version 300 es
precision highp int;
precision highp float;
uniform float opacity;
in vec4 vClr;
in vec3 vN;
out vec4 color;
void main() {
  vec3 n = normalize(vN);
  vec3 key = normalize(vec3(-0.45, 0.8, -0.75));
  float wrapped = 0.5 + 0.5 * dot(n, key);
  float below = 0.5 - 0.5 * n.y;
  float facing = abs(n.z);
  vec3 base = mix(vClr.rgb, vec3(1.0), 0.12);
  vec3 lit = base * (0.28 + 0.78 * wrapped * wrapped + 0.10 * below) * (0.82 + 0.18 * facing);
  float sheen = pow(max(dot(n, normalize(key + vec3(0.0, 0.0, -1.0))), 0.0), 26.0);
  color = vec4(lit + 0.16 * sheen, opacity);
}`;

async function surface(canvas: HTMLCanvasElement): Promise<SurfaceViewer> {
  const viewer = new Niivue({ ...kCommon, backColor: [0.965, 0.97, 0.977, 1], isOrientCube: false, isOrientationTextVisible: false, sliceType: SLICE_TYPE.RENDER });
  await viewer.attachToCanvas(canvas, true);
  canvas.parentElement!.style.backgroundColor = '';
  const light = viewer.setCustomMeshShader(kLight, 'radtype');
  let azimuth = 120;
  let elevation = 15;
  return {
    show: (vertices, triangles, rgb) => {
      const gl = viewer.gl!;
      const mesh = new NVMesh(rasFromLps(vertices), triangles, 'surface', new Uint8Array([...rgb, 255]), 1, true, gl);
      for (const old of [...viewer.meshes]) viewer.removeMesh(old);
      mesh.meshShaderIndex = light;
      viewer.addMesh(mesh);
      viewer.setRenderAzimuthElevation(azimuth, elevation);
    },
    turn: (a, e) => {
      azimuth = a;
      elevation = e;
      viewer.setRenderAzimuthElevation(a, e);
    },
    zoom: (scale) => viewer.setScale(scale),
    toCanvas: () => copyOf(viewer),
    dispose: () => lose(viewer),
  };
}

/** What is drawn now, read straight after drawing: the drawing buffer does not outlive the frame. */
function copyOf(viewer: Niivue): HTMLCanvasElement {
  viewer.drawScene();
  const copy = document.createElement('canvas');
  copy.width = viewer.canvas!.width;
  copy.height = viewer.canvas!.height;
  copy.getContext('2d')!.drawImage(viewer.canvas!, 0, 0);
  return copy;
}

export const api = { slices, surface };
export type ViewerApi = typeof api;
(globalThis as unknown as { radtypeViewer: ViewerApi }).radtypeViewer = api;
