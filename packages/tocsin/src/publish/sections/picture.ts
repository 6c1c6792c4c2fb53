// What the pictures of the report have in common: their sizes, their colours by stage, how they write places.
/** A picture of a width in its own units; at that width on screen its text has its natural size. */
export interface PictureSize {
  readonly variant: 'wide' | 'narrow';
  readonly width: number;
}

export const pictureSizes: readonly PictureSize[] = [
  { variant: 'wide', width: 900 },
  { variant: 'narrow', width: 358 },
];

const laneKinds: Readonly<Record<string, string>> = {
  reconnaissance: 'attack',
  'lateral-movement': 'movement',
  discovery: 'movement',
  'command-and-control': 'control',
  collection: 'theft',
  exfiltration: 'theft',
  impact: 'theft',
};

/** Colour of a stage: the one its conversations have on the map. */
export function kindOfTactic(tactic: string): string {
  return laneKinds[tactic] ?? 'intrusion';
}

/** Numbers of a picture are places, not figures. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
