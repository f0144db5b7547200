// Random numbers that are the same on every machine and every version of Node: integers and the exact operations of IEEE 754 only.
// No Math.log, exp, sin or pow: their last digit is each engine's own affair.

// sfc32 (C. Doty-Humphrey, PractRand): passes BigCrush, 128 bits of state. Returns a function: uniform in 0 .. 2^32 - 1.
export function makeRandom(seed) {
  let a = 0x9e3779b9, b = seed >>> 0, c = Math.floor(seed / 2 ** 32) >>> 0, counter = 1;
  const next = () => {
    const t = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + t | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) {
    next();
  }
  return next;
}

// e^x for tables, by (1 + x/2^20)^(2^20): good to six digits.
export function exp(x) {
  let y = 1 + x / 2 ** 20;
  for (let i = 0; i < 20; i++) {
    y *= y;
  }
  return y;
}

// Draws an index by weight in one step. M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution",
// IEEE TSE 17 (1991). draw takes 32 random bits: the high part of their product with n is the column, the low part the coin.
export class Alias {
  constructor(weights) {
    const n = weights.length, sum = weights.reduce((a, b) => a + b, 0);
    const share = Float64Array.from(weights, (w) => w / sum * n);
    this.n = n;
    this.limit = new Float64Array(n).fill(1);
    this.other = Uint16Array.from(weights, (_, i) => i);
    const small = [], large = [];
    share.forEach((s, i) => (s < 1 ? small : large).push(i));
    while (small.length > 0 && large.length > 0) {
      const low = small.pop(), high = large[large.length - 1];
      this.limit[low] = share[low];
      this.other[low] = high;
      share[high] -= 1 - share[low];
      if (share[high] < 1) {
        small.push(large.pop());
      }
    }
  }

  draw(bits) {
    const x = bits / 2 ** 32 * this.n, column = Math.floor(x);
    return x - column < this.limit[column] ? column : this.other[column];
  }
}
