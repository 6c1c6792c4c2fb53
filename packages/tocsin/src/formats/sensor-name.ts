// Who recorded a file, when its records do not say: its folder and name without what changes from file to file of
// one sensor (the stream, the date, the number of the rotation, the ending).

const streamWord =
  /(^|[._-])(conn|http|dns|ssl|tls|files|ssh|smtp|smb_files|smb_mapping|dce_rpc|kerberos|ntlm|rdp|notice|weird|x509|dpd|dhcp|pe|quic|software|access|error|auth|secure|flow|flows|eve)([._-].*)?$/i;
const ending = /\.(log|json|jsonl|ndjson|csv|tsv|txt|gz|zst|zip|pcap|pcapng|\d{1,4})$/i;

const day = /^\d{4}-?\d\d-?\d\d$/;

/** `site-a/conn.2024-08-05.log.gz` gives `site-a`; `SCRANTON_http.log` gives `SCRANTON`; `conn.log` gives `sensor`. */
export function sensorName(path: string): string {
  const parts = path.split('/');
  let name = parts.pop() ?? '';
  while (ending.test(name)) name = name.replace(ending, '');
  name = name.replace(streamWord, '').replace(/[._-]?\d{4}-?\d\d-?\d\d.*$/, '');
  // Folders that only tell the day are the rotation's, not the sensor's.
  const all = [...parts.filter((part) => !day.test(part)), name].filter((part) => part !== '');
  return all.length === 0 ? 'sensor' : all.join('/');
}
