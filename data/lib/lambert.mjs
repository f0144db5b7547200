// State Plane New York Long Island (EPSG:2263, NAD83, US survey feet) and degrees, both ways.
//
// Lambert conformal conic with two parallels: J. P. Snyder, "Map Projections - A Working Manual", USGS Professional Paper 1395 (1987),
// equations 14-15, 15-1 to 15-11, 7-9. NAD83 is taken for WGS84, as everybody does: they differ by a metre.

const FOOT = 1200 / 3937, A = 6378137 / FOOT, F = 1 / 298.257222101;
const RADIAN = Math.PI / 180, EASTING = 984250, MERIDIAN = -74;
const E = Math.sqrt(2 * F - F * F);

const m = (phi) => Math.cos(phi) / Math.sqrt(1 - (E * Math.sin(phi)) ** 2);
const t = (phi) => Math.tan(Math.PI / 4 - phi / 2) / ((1 - E * Math.sin(phi)) / (1 + E * Math.sin(phi))) ** (E / 2);

const [phi0, phi1, phi2] = [40 + 10 / 60, 40 + 40 / 60, 41 + 2 / 60].map((degrees) => degrees * RADIAN);
const N = (Math.log(m(phi1)) - Math.log(m(phi2))) / (Math.log(t(phi1)) - Math.log(t(phi2)));
const AF = A * m(phi1) / (N * t(phi1) ** N);
const RHO0 = AF * t(phi0) ** N;

export function toFeet([lon, lat]) {
  const rho = AF * t(lat * RADIAN) ** N, theta = N * (lon - MERIDIAN) * RADIAN;
  return [EASTING + rho * Math.sin(theta), RHO0 - rho * Math.cos(theta)];
}

export function toDegrees([x, y]) {
  const east = x - EASTING, north = RHO0 - y;
  const tau = (Math.hypot(east, north) / AF) ** (1 / N);
  let phi = Math.PI / 2 - 2 * Math.atan(tau);
  for (let i = 0; i < 8; i++) { // converges to a millimetre in four
    phi = Math.PI / 2 - 2 * Math.atan(tau * ((1 - E * Math.sin(phi)) / (1 + E * Math.sin(phi))) ** (E / 2));
  }
  return [Math.atan2(east, north) / N / RADIAN + MERIDIAN, phi / RADIAN];
}
