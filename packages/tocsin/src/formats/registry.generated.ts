import type { Format } from './format.ts';
import { format as f0 } from './nfdump-csv/format.ts';
import { format as f1 } from './nfdump-json/format.ts';
import { format as f2 } from './pcap/format.ts';
import { format as f3 } from './windows-events/format.ts';
import { format as f4 } from './windows-events-json/format.ts';
import { format as f5 } from './zeek-json/format.ts';
import { format as f6 } from './zeek-tsv/format.ts';
export const formats: readonly Format[] = [f0, f1, f2, f3, f4, f5, f6];
