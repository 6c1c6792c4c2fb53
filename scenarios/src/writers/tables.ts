// The two tables that stand beside the evidence: whose networks there are, and who belongs to us.
import { dotted, undotted } from '../addresses.ts';
import type { World } from '../world.ts';

const row = (cells: readonly (string | number)[]) =>
  cells
    .map((cell) => (/[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)))
    .join(',');

/** networks.csv: cidr,asn,as_name,country. */
export function networksCsv(world: World): string {
  const lines = ['cidr,asn,as_name,country'];
  for (const { cidr, asn, asName, country } of world.outside.networks)
    lines.push(row([cidr, asn, asName, country]));
  for (const { prefixes, asn, name, country } of world.organisations) {
    for (const prefix of prefixes.filter((each) => !each.startsWith('10.')))
      lines.push(row([prefix, asn, name, country]));
  }
  return `${lines.join('\n')}\n`;
}

/** constituency.csv: organisation,sector,cidr,contact. */
export function constituencyCsv(world: World): string {
  const lines = ['organisation,sector,cidr,contact'];
  for (const { name, sector, prefixes, contact } of world.organisations) {
    for (const prefix of prefixes) lines.push(row([name, sector, prefix, contact]));
  }
  return `${lines.join('\n')}\n`;
}

const allowed4 = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
];

/** True for private, documentation and benchmark addresses, which are the only ones that may be written. */
export function isAllowedAddress(address: string): boolean {
  if (address.includes(':')) return address.toLowerCase().startsWith('2001:db8:');
  if (dotted(undotted(address)) !== address) return false;
  return allowed4.some((cidr) => {
    const [base = '', length = '32'] = cidr.split('/');
    const size = 2 ** (32 - Number(length));
    return Math.floor(undotted(address) / size) === Math.floor(undotted(base) / size);
  });
}
