// What other sensors' alerts are about: families by rule name and class, and how far each reaches by direction.
// The first family whose pattern matches takes the alert, so the order is part of the table.
import type { Direction, Weight } from '../../vocabulary/finding.ts';

/** How a family is weighed in one direction: always so, or an incident once it is severe and repeated. */
export type Reach = Weight | 'incident-when-severe';

export interface Family {
  readonly name: string;
  /** Matched, without regard to case, against `signature | category`; syntax of Hyperscan. */
  readonly pattern: string;
  /** ATT&CK technique id a finding of this family carries. */
  readonly technique: string;
  readonly reach: Readonly<Record<Direction, Reach>>;
  /** 0 to 1: how much a severe, repeated alert of the family says against our own host when it is not inbound. */
  readonly strength: number;
  /** True when rules of the family also fire on the outside party's answer to our host. */
  readonly firesOnAnswer: boolean;
}

const always = (weight: Weight): Family['reach'] => ({
  inbound: weight,
  outbound: weight,
  internal: weight,
  local: weight,
});
const ofOurHost = (reach: Reach): Family['reach'] => ({
  inbound: 'background',
  outbound: reach,
  internal: 'supporting',
  local: 'supporting',
});

export const families: readonly Family[] = [
  {
    name: 'sensor-health',
    pattern: '\\b(captureloss|weird|packetfilter|reporter)::|^suricata |generic protocol command decode',
    technique: 'T1205',
    reach: always('background'),
    strength: 0,
    firesOnAnswer: false,
  },
  {
    name: 'command-and-control',
    pattern:
      'command and control|domain observed used for c2|\\bcnc\\b|\\bc2\\b|\\bc&c\\b|check-?in\\b|\\bbeacon|cobalt ?strike|meterpreter|reverse shell|botcc',
    technique: 'T1071',
    reach: ofOurHost('incident-when-severe'),
    strength: 0.95,
    firesOnAnswer: true,
  },
  {
    name: 'attack-succeeded',
    pattern:
      'attack_response|successful (administrator|user) privilege gain|successful credential theft|large scale information leak|webshell (access|response)',
    technique: 'T1190',
    reach: { ...ofOurHost('incident-when-severe'), inbound: 'supporting' },
    strength: 0.85,
    firesOnAnswer: false,
  },
  {
    name: 'reputation',
    pattern:
      '\\bet cins\\b|\\bet drop\\b|\\bet compromised\\b|\\bet tor\\b|poor reputation|known compromised or hostile|dshield|spamhaus|block ?listed',
    technique: 'T1595',
    reach: ofOurHost('supporting'),
    strength: 0.4,
    firesOnAnswer: false,
  },
  {
    name: 'malware',
    pattern:
      'network trojan|\\bet (trojan|malware|worm|mobile_malware)\\b|exploit kit|crypto currency mining|coinminer|ransomware|teamcymrumalwarehashregistry::match|possible_malware',
    technique: 'T1105',
    reach: ofOurHost('incident-when-severe'),
    strength: 0.85,
    firesOnAnswer: true,
  },
  {
    name: 'policy',
    pattern:
      'policy violation|privacy violation|\\bet (policy|info|games|p2p|chat|user_agents|hunting|adware_pup)\\b|not suspicious|possibly unwanted|misc activity',
    technique: 'T1071',
    reach: always('background'),
    strength: 0.1,
    firesOnAnswer: false,
  },
  {
    name: 'intelligence',
    pattern: '\\bintel::',
    technique: 'T1071',
    reach: { inbound: 'background', outbound: 'supporting', internal: 'supporting', local: 'supporting' },
    strength: 0.6,
    firesOnAnswer: false,
  },
  {
    name: 'certificate',
    pattern: '\\bssl::|\\binvalid_server_cert\\b|self.?signed cert',
    technique: 'T1573',
    reach: { inbound: 'background', outbound: 'supporting', internal: 'background', local: 'background' },
    strength: 0.4,
    firesOnAnswer: false,
  },
  {
    name: 'lateral-movement',
    pattern: '\\battack::|lateral[ _]movement|psexec|\\bpass.the.hash\\b',
    technique: 'T1021',
    reach: ofOurHost('supporting'),
    strength: 0.7,
    firesOnAnswer: false,
  },
  {
    name: 'guessing',
    pattern:
      'password_guessing|brute.?forc|login_by_password_guesser|unsuccessful user privilege gain|bruteforcer',
    technique: 'T1110',
    reach: ofOurHost('supporting'),
    strength: 0.6,
    firesOnAnswer: false,
  },
  {
    name: 'scan',
    pattern:
      '\\b(scan|icmp)::|\\bet scan\\b|\\bgpl scan\\b|network scan|port.?scan|address.?scan|information leak|traceroute::',
    technique: 'T1046',
    reach: ofOurHost('supporting'),
    strength: 0.5,
    firesOnAnswer: false,
  },
  {
    name: 'exploit',
    pattern:
      '\\bet (exploit|web_server|web_specific_apps|activex)\\b|\\bgpl (exploit|web_server)\\b|privilege gain|web application attack|shellcode|executable code was detected|http::sql_injection|cve_\\d|cve-\\d',
    technique: 'T1190',
    reach: ofOurHost('supporting'),
    strength: 0.7,
    firesOnAnswer: false,
  },
  {
    name: 'flood',
    pattern: 'denial of service|\\bet dos\\b|\\bddos\\b|amplification',
    technique: 'T1498',
    reach: ofOurHost('supporting'),
    strength: 0.5,
    firesOnAnswer: false,
  },
];

/** The family of alerts that no pattern takes. */
export const otherFamily: Family = {
  name: 'other',
  pattern: '',
  technique: 'T1071',
  reach: { inbound: 'background', outbound: 'supporting', internal: 'supporting', local: 'background' },
  strength: 0.3,
  firesOnAnswer: false,
};

/** The one finding per host that stands for what the internet throws at it. */
export const internetNoise: Family = {
  name: 'internet-noise',
  pattern: '',
  technique: 'T1595',
  reach: always('background'),
  strength: 0,
  firesOnAnswer: false,
};

/** The family of that name. */
export function familyNamed(name: string): Family {
  return [...families, internetNoise].find((family) => family.name === name) ?? otherFamily;
}
