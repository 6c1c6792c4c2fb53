// What the report says of detectors, for the made-up investigations.
import type { DetectorText } from '../../../sections/context.ts';

export const detectorTexts: readonly DetectorText[] = [
  {
    id: 'web-exploit',
    title: 'Attack on a web application',
    technique: 'T1190',
    scoreMeaning:
      'How much says that the attack worked: about 0.1 for an attempt, above 0.6 for an answer unlike the usual one.',
    caveat: 'Attempts are the noise of the internet; only the answer tells whether one worked.',
  },
  {
    id: 'webshell',
    title: 'Web shell',
    technique: 'T1505.003',
    scoreMeaning:
      'How many independent signs of a web shell a path carries, from 0 to 1. Above 0.75 several strong ones coincide.',
    caveat: 'Rarely used pages of administrators look alike: ask the owner before acting.',
  },
  {
    id: 'beacon',
    title: 'Regular contact with a rare destination',
    technique: 'T1071',
    scoreMeaning: 'Half regular timing, a quarter equal sizes, a quarter evenness over the time spanned.',
    caveat: 'Updates and monitoring are regular too; what stands out is a rare destination.',
  },
  {
    id: 'lateral-movement',
    title: 'Movement between own machines',
    technique: 'T1021.002',
    scoreMeaning: 'Number of ways used, rarity of the target as a server, volume.',
    caveat: 'Administrators and software distribution move alike.',
  },
  {
    id: 'exfiltration',
    title: 'Unusual amount of data sent out',
    technique: 'T1048',
    scoreMeaning:
      'Size, place in all the host sends, rarity and novelty of the destination, weighed together.',
    caveat: 'Backups and large uploads look alike: the destination decides.',
  },
  {
    id: 'scan',
    title: 'Scan of addresses or ports',
    technique: 'T1046',
    scoreMeaning: 'How many targets or ports stayed silent, on a logarithmic scale.',
    caveat: 'A scan shows interest, not entry. From outside, such knocking is the noise of the internet.',
  },
];
