// UUIDs that RFC 9562 gives: the namespaces of names and of URLs (6.6), and the example of version 5 (A.4).
export const bundleUuid = {
  namespaceOfNames: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  namespaceOfUrls: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  wwwExampleCom: '2ed6657d-e927-568b-95e1-2665a8aea6a2',
} as const;
