// Names for the numbers in Windows logon events. Takes the text of a field; gives the name used in `authentication`.

const logonTypes: Readonly<Record<string, string>> = {
  0: 'system',
  2: 'interactive',
  3: 'network',
  4: 'batch',
  5: 'service',
  7: 'unlock',
  8: 'network-cleartext',
  9: 'new-credentials',
  10: 'remote-interactive',
  11: 'cached-interactive',
  12: 'cached-remote-interactive',
  13: 'cached-unlock',
};

/** Name of a logon type: `3` to `network`; the number itself when it has none. */
export function logonTypeName(type: string): string {
  return Object.hasOwn(logonTypes, type) ? (logonTypes[type] ?? type) : type;
}

/** True for a status of success: `0x0`, `0`, `0x00000000`. */
export function isSuccessStatus(status: string): boolean {
  return /^(?:0x)?0{1,8}$/i.test(status);
}

const dnsStatus: Readonly<Record<string, string>> = {
  0: 'NOERROR',
  9001: 'FORMERR',
  9002: 'SERVFAIL',
  9003: 'NXDOMAIN',
  9004: 'NOTIMP',
  9005: 'REFUSED',
  // The name exists, the record asked for does not.
  9501: 'NOERROR',
};

/** Response code of a Windows DNS status; '' for one that says nothing of the answer, such as a timeout. */
export function dnsResponseCode(status: string): string {
  return Object.hasOwn(dnsStatus, status) ? (dnsStatus[status] ?? '') : '';
}
