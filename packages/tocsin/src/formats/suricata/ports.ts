// Which end of a record is the server, for the records Suricata writes in the direction of one packet or one file.
// Takes the ends as recorded; gives them from client to server where the ports tell.
import { isAnswerHalf } from '../nfdump/flow.ts';
import { type Ends, swapped } from './record.ts';

/** Ports of the protocols whose records may run from server to client. */
const serverPorts: ReadonlyMap<string, readonly number[]> = new Map([
  ['dns', [53, 853, 5353, 5355]],
  ['krb5', [88, 464]],
  ['smb', [445, 139]],
  ['dcerpc', [135]],
  ['ftp', [21]],
  ['smtp', [25, 465, 587]],
  ['nfs', [2049]],
  ['http', [80, 8080]],
  ['http2', [443]],
  ['quic', [443]],
  ['rdp', [3389]],
  ['ssh', [22]],
]);

/** The end that serves `app`; null when the ports do not tell. `named` is a server port the record itself names. */
export function serverEnd(ends: Ends, app: string, named: number | null = null): 'src' | 'dst' | null {
  const ports = serverPorts.get(app) ?? [];
  const serves = (port: number): boolean => port !== 0 && (port === named || ports.includes(port));
  const isSrc = serves(ends.src_port);
  if (isSrc !== serves(ends.dst_port)) return isSrc ? 'src' : 'dst';
  if (isAnswerHalf({ from: ends.src_port, to: ends.dst_port })) return 'src';
  return isAnswerHalf({ from: ends.dst_port, to: ends.src_port }) ? 'dst' : null;
}

/** From client to server where the ports tell, else as recorded. */
export function clientFirst(ends: Ends, app: string): Ends {
  return serverEnd(ends, app) === 'src' ? swapped(ends) : ends;
}
