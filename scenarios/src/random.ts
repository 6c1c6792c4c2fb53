// Seeded randomness: the same label always gives the same numbers, whatever else was drawn before.
// Takes a text label; gives uniform numbers, common distributions, and independent forks by name.

export interface Random {
  readonly label: string;
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** Uniform real in [low, high). */
  readonly between: (low: number, high: number) => number;
  /** Uniform integer in [low, high], both included. */
  readonly integer: (low: number, high: number) => number;
  /** True with the probability given (0..1). */
  readonly chance: (probability: number) => boolean;
  /** One element. @throws when the list is empty. */
  readonly pick: <T>(list: readonly T[]) => T;
  /** Up to `count` different elements, in random order. */
  readonly sample: <T>(list: readonly T[], count: number) => T[];
  /** One element, by weights of the same length. */
  readonly weighted: <T>(list: readonly T[], weights: readonly number[]) => T;
  readonly normal: (mean: number, deviation: number) => number;
  /** Lognormal by its median and the deviation of its logarithm. */
  readonly lognormal: (median: number, sigma: number) => number;
  readonly exponential: (mean: number) => number;
  /** Pareto by its smallest value and its tail exponent. */
  readonly pareto: (minimum: number, alpha: number) => number;
  /** Number of events of a Poisson process with this mean. */
  readonly poisson: (mean: number) => number;
  /** An independent generator named by this one's label and the parts. */
  readonly fork: (...parts: readonly (string | number)[]) => Random;
}

/** Four 32-bit words that depend on every character of the text (cyrb128 by bryc, public domain). */
export function hashWords(text: string): readonly [number, number, number, number] {
  let a = 1779033703;
  let b = 3144134277;
  let c = 1013904242;
  let d = 2773480762;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}

/** A generator for the label (sfc32 by Chris Doty-Humphrey, public domain). */
export function createRandom(label: string): Random {
  let [a, b, c, d] = hashWords(label);
  const next = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let warm = 0; warm < 12; warm += 1) next();
  const between = (low: number, high: number) => low + next() * (high - low);
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const normal = (mean: number, deviation: number) =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const exponential = (mean: number) => -mean * Math.log(1 - next());
  const pick = <T>(list: readonly T[]): T => element(list, integer(0, list.length - 1));
  return {
    label,
    next,
    between,
    integer,
    chance: (probability) => next() < probability,
    pick,
    sample: (list, count) => {
      const rest = [...list];
      const taken = [];
      while (taken.length < count && rest.length > 0) {
        taken.push(...rest.splice(integer(0, rest.length - 1), 1));
      }
      return taken;
    },
    weighted: (list, weights) => {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0);
      const at = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return element(list, at < 0 ? list.length - 1 : at);
    },
    normal,
    lognormal: (median, sigma) => median * Math.exp(normal(0, sigma)),
    exponential,
    pareto: (minimum, alpha) => minimum * Math.exp(-Math.log(1 - next()) / alpha),
    poisson: (mean) => {
      if (mean > 60) return Math.max(0, Math.round(normal(mean, Math.sqrt(mean))));
      let count = 0;
      for (let left = exponential(1); left < mean; left += exponential(1)) count += 1;
      return count;
    },
    fork: (...parts) => createRandom(`${label}/${parts.join('/')}`),
  };
}

/** The element at the place. @throws when there is none. */
export function element<T>(list: readonly T[], at: number): T {
  const found = list[at];
  if (found === undefined) throw new RangeError(`No element ${at} in a list of ${list.length}`);
  return found;
}

/** A draw of ranks 0..count-1 where rank k has weight 1 / (k + 1)^exponent. */
export function zipf(count: number, exponent: number): (random: Random) => number {
  const cumulative: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank += 1) {
    sum += Math.exp(-exponent * Math.log(rank));
    cumulative.push(sum);
  }
  return (random) => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? sum) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
