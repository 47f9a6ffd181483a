/** A small path tracer: spheres that shine, mirror or scatter, over a floor under an evening sky. */
import type { Job } from "../job.ts";
import { Random } from "../random.ts";

interface Sphere {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
  readonly color: readonly [number, number, number];
  /** Light that it gives off itself. */
  readonly glow: number;
  /** 0 scatters in all directions, 1 is a mirror. */
  readonly mirror: number;
}

const MAX_BOUNCES = 12;
const NEAR = 1e-4;

const FLOOR: Sphere = {
  x: 0,
  y: -1000,
  z: 0,
  radius: 1000,
  color: [0.55, 0.55, 0.6],
  glow: 0,
  mirror: 0.05,
};

const SPHERES: readonly Sphere[] = [FLOOR, ...marbles()];

/** Three large spheres and many small ones, always the same. */
function marbles(): Sphere[] {
  const random = new Random(7, 3, 1);
  const spheres: Sphere[] = [
    { x: 0, y: 1, z: 0, radius: 1, color: [0.95, 0.95, 0.95], glow: 0, mirror: 1 },
    { x: -2.2, y: 1, z: 0.4, radius: 1, color: [0.8, 0.25, 0.2], glow: 0, mirror: 0 },
    { x: 2.2, y: 1, z: -0.3, radius: 1, color: [0.9, 0.75, 0.35], glow: 0, mirror: 0.8 },
  ];
  for (let i = 0; i < 40; i++) {
    const radius = 0.12 + 0.12 * random.next();
    const color = [random.next(), random.next(), random.next()] as const;
    const glow = random.next() < 0.25 ? 4 : 0;
    const mirror = random.next() < 0.3 ? 0.9 : 0;
    const [x, z] = [-4 + 8 * random.next(), 0.8 + 3 * random.next()];
    spheres.push({ x, y: radius, z, radius, color, glow, mirror });
  }
  return spheres;
}

/** A ray and what it has gathered; one object for a whole pixel. */
class Ray {
  ox = 0;
  oy = 0;
  oz = 0;
  dx = 0;
  dy = 0;
  dz = 0;
  r = 0;
  g = 0;
  b = 0;
}

/** The colour of a pixel, into `rgb` at `at`. */
export function spheres(job: Job, x: number, y: number, rgb: Uint8Array, at: number): void {
  const random = new Random(job.seed, x, y);
  const ray = new Ray();
  for (let s = 0; s < job.samples; s++) {
    aim(ray, job, x + random.next(), y + random.next());
    follow(ray, random);
  }
  rgb[at] = tone(ray.r / job.samples);
  rgb[at + 1] = tone(ray.g / job.samples);
  rgb[at + 2] = tone(ray.b / job.samples);
}

function aim(ray: Ray, job: Job, px: number, py: number): void {
  ray.ox = 0;
  ray.oy = 1.6;
  ray.oz = 7;
  const half = job.height;
  ray.dx = (px - job.width / 2) / half;
  ray.dy = (job.height / 2 - py) / half - 0.08;
  ray.dz = -1.15;
  normalize(ray);
}

function normalize(ray: Ray): void {
  const length = Math.sqrt(ray.dx * ray.dx + ray.dy * ray.dy + ray.dz * ray.dz);
  ray.dx /= length;
  ray.dy /= length;
  ray.dz /= length;
}

/** Follows the ray from sphere to sphere until it reaches the sky. */
function follow(ray: Ray, random: Random): void {
  let [r, g, b] = [1, 1, 1];
  for (let bounce = 0; bounce < MAX_BOUNCES; bounce++) {
    let nearest: Sphere | null = null;
    let distance = Number.POSITIVE_INFINITY;
    for (const sphere of SPHERES) {
      const t = hit(ray, sphere);
      if (t < distance) {
        distance = t;
        nearest = sphere;
      }
    }
    if (nearest === null) {
      const up = 0.5 * (ray.dy + 1);
      ray.r += r * (0.95 - 0.55 * up);
      ray.g += g * (0.75 - 0.25 * up);
      ray.b += b * (0.65 + 0.25 * up);
      return;
    }
    const [cr, cg, cb] = nearest.color;
    ray.r += r * nearest.glow * cr;
    ray.g += g * nearest.glow * cg;
    ray.b += b * nearest.glow * cb;
    r *= cr;
    g *= cg;
    b *= cb;
    bend(ray, nearest, distance, random);
  }
}

/** How far the ray runs until it meets the sphere; Infinity if it does not. */
function hit(ray: Ray, s: Sphere): number {
  const [x, y, z] = [ray.ox - s.x, ray.oy - s.y, ray.oz - s.z];
  const b = x * ray.dx + y * ray.dy + z * ray.dz;
  const d = b * b - (x * x + y * y + z * z - s.radius * s.radius);
  if (d < 0) return Number.POSITIVE_INFINITY;
  const root = Math.sqrt(d);
  if (-b - root > NEAR) return -b - root;
  return -b + root > NEAR ? -b + root : Number.POSITIVE_INFINITY;
}

/** Moves the ray to where it meets the sphere, and turns it there. */
function bend(ray: Ray, s: Sphere, distance: number, random: Random): void {
  ray.ox += ray.dx * distance;
  ray.oy += ray.dy * distance;
  ray.oz += ray.dz * distance;
  const [nx, ny, nz] = [
    (ray.ox - s.x) / s.radius,
    (ray.oy - s.y) / s.radius,
    (ray.oz - s.z) / s.radius,
  ];
  if (random.next() < s.mirror) {
    const twice = 2 * (ray.dx * nx + ray.dy * ny + ray.dz * nz);
    ray.dx -= twice * nx;
    ray.dy -= twice * ny;
    ray.dz -= twice * nz;
    return;
  }
  // A point on the unit sphere around the tip of the normal: directions by the cosine, as a matt surface scatters.
  const height = 1 - 2 * random.next();
  const angle = 2 * Math.PI * random.next();
  const across = Math.sqrt(1 - height * height);
  ray.dx = nx + across * Math.cos(angle);
  ray.dy = ny + height;
  ray.dz = nz + across * Math.sin(angle);
  normalize(ray);
}

function tone(light: number): number {
  return 255 * Math.min(1, light) ** (1 / 2.2);
}
