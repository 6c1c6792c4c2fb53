// The public face of the verifier: the figure format.
export type * from './definition.ts';
