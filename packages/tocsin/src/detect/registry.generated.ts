import type { Detector } from './detector.ts';
import { detector as d0 } from './beacon/detector.ts';
import { detector as d1 } from './brute-force/detector.ts';
import { detector as d2 } from './exfiltration/detector.ts';
import { detector as d3 } from './lateral-movement/detector.ts';
import { detector as d4 } from './long-connection/detector.ts';
import { detector as d5 } from './scan/detector.ts';
import { detector as d6 } from './sensor-alert/detector.ts';
export const detectors = [d0, d1, d2, d3, d4, d5, d6] as unknown as readonly Detector[];
