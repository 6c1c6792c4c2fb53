// What attacks on web servers look like in a request: one named pattern each, in the syntax of Hyperscan (linear time).
// Target patterns are tried against `method uri`, then the URI decoded once and twice on lines of their own; header
// patterns against user agent, referrer and other headers. All in lower case, so patterns are written in lower case.

export type Family =
  | 'injection'
  | 'traversal'
  | 'command'
  | 'upload'
  | 'exchange'
  | 'document-system'
  | 'webshell'
  | 'scanner';

export interface Pattern {
  readonly name: string;
  readonly family: Family;
  /** What it is, with the CVE where it has one. */
  readonly note: string;
  readonly regex: string;
  /** True: nobody sends this by accident. False: a probe, which means something only in number. */
  readonly isAttack: boolean;
  /** True when a 2xx answer to it is itself a sign that it worked. */
  readonly answerTells: boolean;
}

const pattern = (
  family: Family,
  name: string,
  note: string,
  regex: string,
  kind: 'attack' | 'attack, answer tells' | 'probe' = 'attack',
): Pattern => ({
  name,
  family,
  note,
  regex,
  isAttack: kind !== 'probe',
  answerTells: kind === 'attack, answer tells',
});

/** White space in a query as it may be written: blank, plus, encoded or as a comment. */
const gap = '(\\s|\\+|%20|%09|/\\*[^*]*\\*/)';
const command =
  '(cat|ls|id|whoami|uname|wget|curl|ping|nc|ncat|bash|sh|powershell|cmd|certutil|ifconfig|ipconfig|nslookup|chmod|rm|python3?|perl|busybox)';
const script = '\\.(jspx?|jspf|aspx?|ashx|asmx|asa|cer|cfm|php[3-8]?|phtml|phar|war)';

export const targetPatterns: readonly Pattern[] = [
  pattern(
    'injection',
    'sql-union',
    'UNION SELECT after a value or of columns',
    `['")\\d]${gap}{0,4}(union)${gap}{1,4}((all|distinct)${gap}{1,4})?\\(?select\\b`,
  ),
  pattern(
    'injection',
    'sql-union-columns',
    'UNION SELECT of numbers, NULL or functions',
    `union${gap}{1,4}((all|distinct)${gap}{1,4})?\\(?select${gap}{1,4}(null\\b|\\d+${gap}{0,2}(,|-|from)|@@|0x[0-9a-f]{2}|char\\(|concat|group_concat|version\\(|user\\(|database\\()`,
  ),
  pattern(
    'injection',
    'sql-tautology',
    'OR 1=1 after a quote',
    `['"]${gap}{0,4}\\)?${gap}{0,4}(or|and)${gap}{1,4}['"(]{0,2}[a-z0-9]{1,12}['"]?${gap}{0,4}(=|<|>|like\\b)`,
  ),
  pattern(
    'injection',
    'sql-blind',
    'Conditions on a number, as sqlmap asks',
    `[=']-?\\d{1,10}['")]{0,3}${gap}{1,4}(and|or)${gap}{1,4}\\(?\\d{1,10}${gap}{0,2}=${gap}{0,2}\\d{1,10}`,
  ),
  pattern(
    'injection',
    'sql-delay',
    'Answers told by their delay',
    `waitfor${gap}{1,4}delay${gap}{0,4}'|\\b(pg_)?sleep\\(${gap}{0,2}\\d|benchmark\\(${gap}{0,2}\\d|dbms_pipe\\.receive_message|dbms_lock\\.sleep`,
  ),
  pattern(
    'injection',
    'sql-schema',
    'Catalogues, files and commands of a database',
    `information_schema\\.|from${gap}{1,4}(sysobjects|pg_catalog|sqlite_master|mysql\\.user|v\\$version)|extractvalue\\(|updatexml\\(|xp_cmdshell|load_file\\(|into${gap}{1,4}(out|dump)file`,
  ),
  pattern(
    'injection',
    'sql-stacked',
    'A second statement',
    `['")];${gap}{0,4}(drop|exec|insert|update|delete|declare|shutdown)\\b`,
  ),
  pattern(
    'injection',
    'nosql-operator',
    'Operators of a document store as parameters',
    '\\[\\$(ne|gt|lt|regex|where|nin)\\]=',
  ),
  pattern(
    'injection',
    'template',
    'Arithmetic in template marks',
    '\\{\\{\\s{0,4}\\d{1,8}\\s{0,4}\\*\\s{0,4}\\d{1,8}\\s{0,4}\\}\\}|[$#]\\{\\d{1,8}\\*\\d{1,8}\\}',
  ),
  pattern(
    'injection',
    'script-tag',
    'Script in a parameter',
    '[=/"\'>](\\s|\\+)*<script|<svg[^>]*onload=|<img[^>]*onerror=',
    'probe',
  ),

  pattern(
    'traversal',
    'up-to-known-file',
    'Up the tree to a file of the system',
    '(\\.\\.?[/\\\\]){2,}[^\\n]*(etc/(passwd|shadow|hosts)|win\\.ini|boot\\.ini|web\\.config|web-inf|proc/self|system32|winnt|\\.ssh/|bin/(ba)?sh|\\.env\\b|id_rsa)',
    'attack, answer tells',
  ),
  pattern(
    'traversal',
    'known-file',
    'A file of the system as a parameter',
    '(=|=file:/{0,3}|/)/?etc/(passwd|shadow)\\b|=/?proc/self/(environ|cmdline)|=[a-z]:[/\\\\]{1,2}(windows|boot\\.ini|inetpub)',
    'attack, answer tells',
  ),
  pattern(
    'traversal',
    'encoded-up',
    'The way up in disguise',
    '%c0%ae|%c0%af|%c1%1c|%c1%9c|%252e%252e|%2e%2e(/|%2f|%5c|\\\\)|\\.%2e(/|%2f)|%2e\\.(/|%2f)|%%32%65|\\.\\.;/',
    'attack, answer tells',
  ),
  pattern('traversal', 'up-and-up', 'The way up, many times', '(\\.\\.[/\\\\]){3,}', 'probe'),
  pattern(
    'traversal',
    'php-wrapper',
    'PHP stream wrappers as a parameter',
    '=(php://(input|filter)|expect://|phar://|zip://|data:text/[a-z]{1,12};base64)',
    'attack, answer tells',
  ),
  pattern(
    'traversal',
    'metadata-service',
    "A cloud's metadata service as a parameter",
    '=[^\\n&]*(169\\.254\\.169\\.254|metadata\\.google\\.internal)',
    'attack, answer tells',
  ),

  pattern(
    'command',
    'chained-command',
    'A command after a shell separator',
    `[;|\`](\\s|\\+|\\$\\{ifs\\}){0,4}${command}(\\s|\\+|\\$\\{ifs\\}|[;|\`]|%20|\\s)`,
  ),
  pattern(
    'command',
    'substituted-command',
    'Command substitution',
    `\\$\\((\\s|\\+){0,4}${command}\\b|%0a${command}(%20|\\+|\\s)`,
  ),
  pattern(
    'command',
    'fetch-and-run',
    'Fetching a program',
    '(wget|curl|fetch|tftp)(\\s|\\+|%20|\\$\\{ifs\\}){1,4}(-[a-z]{1,10}(\\s|\\+|%20){1,4}){0,4}(https?://|\\d{1,3}\\.\\d{1,3}\\.)',
  ),
  pattern(
    'command',
    'php-code',
    'PHP functions called from a parameter',
    '[=;(,@ ](eval|assert|system|passthru|shell_exec|popen|proc_open|base64_decode|phpinfo|file_put_contents)\\([^\\n]*\\)|<\\?php|<\\?=',
  ),
  pattern(
    'command',
    'php-option',
    'PHP options in the query (CVE-2012-1823, CVE-2024-4577)',
    '[?&+ ](-|\\xc2\\xad|%ad)d[+ %]|allow_url_include|auto_prepend_file',
    'attack, answer tells',
  ),
  pattern(
    'command',
    'thinkphp',
    'ThinkPHP invokefunction (CVE-2018-20062)',
    'invokefunction[^\\n]*call_user_func|think.{0,4}app[^\\n]*invokefunction',
    'attack, answer tells',
  ),
  pattern(
    'command',
    'phpunit',
    'PHPUnit eval-stdin (CVE-2017-9841)',
    'phpunit[^\\n]*/eval-stdin\\.php',
    'probe',
  ),
  pattern('command', 'spring4shell', 'Spring4Shell (CVE-2022-22965)', 'class\\.module\\.classloader'),
  pattern(
    'command',
    'java-runtime',
    'Java runtime from an expression (OGNL, SpEL)',
    '@?java\\.lang\\.(runtime|processbuilder)|getruntime\\(\\)|javax\\.script\\.scriptenginemanager|#_memberaccess|#context\\[|ognl\\.ognlcontext|redirect(action)?:(\\$|%)\\{|\\?method:[^\\n]*#|%\\{[^\\n}]*[#@]',
  ),
  pattern(
    'command',
    'device-command',
    'Commands through forms of routers and cameras',
    '/(gponform/diag_form|boaform/admin/formping|setup\\.cgi\\?next_file=|cgi-bin/luci/;stok|shell\\?cd|goform/set_)[^\\n]*(wget|curl|tftp|;|`)',
  ),

  pattern(
    'upload',
    'script-put',
    'A script written by PUT, MOVE or COPY (CVE-2017-12615)',
    `^(put|move|copy) [^?\\n]+${script}(/|%20|::\\$data|;|\\?|\\s)`,
    'attack, answer tells',
  ),
  pattern(
    'upload',
    'script-name',
    'A script as the name of an upload',
    `(file_?name|name|path|save_?as)=[^&\\n]*${script}(&|\\s)`,
    'probe',
  ),
  pattern(
    'upload',
    'editor-upload',
    'Upload doors of web editors',
    '^post [^?\\n]*(fckeditor|kindeditor|ueditor|ewebeditor|elfinder|ckfinder|jquery-file-upload|/server/php/)[^\\n]*(upload|connector|controller|index)',
    'probe',
  ),

  pattern(
    'exchange',
    'proxyshell',
    'ProxyShell and ProxyNotShell (CVE-2021-34473, CVE-2022-41040)',
    'autodiscover\\.json\\?[^\\n]*@[^\\n]*/?(mapi|ews|powershell|autodiscover|owa|ecp)|autodiscover\\.json[^\\n]*powershell',
    'attack, answer tells',
  ),
  pattern(
    'exchange',
    'proxyshell-mailbox',
    'The remote PowerShell behind it',
    'x-rps-cat=',
    'attack, answer tells',
  ),
  pattern(
    'exchange',
    'proxylogon',
    'ProxyLogon: a POST to a static file of ECP (CVE-2021-26855)',
    '^post /ecp/[^/?\\n]+\\.(js|css|png|gif|ico|flt)\\b|/ecp/proxylogon\\.ecp',
    'attack, answer tells',
  ),
  pattern(
    'exchange',
    'virtual-directory',
    'A virtual directory reset to write a file (CVE-2021-27065)',
    'ddiservice\\.svc/(set|get|new)object[^\\n]*virtualdirectory',
    'attack, answer tells',
  ),
  pattern(
    'exchange',
    'aspnet-client',
    'A script in a folder that holds none',
    '/aspnet_client/[^?\\n]*\\.(aspx?|ashx)',
    'attack, answer tells',
  ),

  pattern(
    'document-system',
    'java-deserialisation',
    'Doors that read Java objects (CVE-2015-7501, CVE-2017-10271, CVE-2019-2725)',
    '/invoker/(jmxinvokerservlet|ejbinvokerservlet|readonly)|/jbossmq-httpil/|/wls-wsat/|/_async/asyncresponseservice|/ws_utc/|/webtools/control/xmlrpc',
    'probe',
  ),
  pattern(
    'document-system',
    'weblogic-console',
    'WebLogic console without login (CVE-2020-14882)',
    '/console/(css|images)/[^\\n]*(console|consolejndi)\\.portal',
    'attack, answer tells',
  ),
  pattern(
    'document-system',
    'seeyon',
    'Seeyon upload and session servlets',
    '/seeyon/(htmlofficeservlet|autoinstall\\.do|thirdpartycontroller\\.do|management/|wpsassistservlet)',
    'probe',
  ),
  pattern(
    'document-system',
    'weaver',
    'Weaver servlets',
    '/weaver/(bsh\\.servlet|weaver\\.common\\.ctrl|weaver\\.file\\.|weaver\\.email\\.)|/page/exportimport/uploadoperation\\.jsp|/mobile/plugin/(changeuserinfo|verifyquicklogin)',
    'probe',
  ),
  pattern(
    'document-system',
    'yonyou',
    'Yonyou servlets',
    '/servlet/~?(ic/)?bsh\\.servlet|/servlet/(fileupload|filereceive|actionhandler)servlet|/uapws/service|/service/(~[a-z]{1,12}/)?(monitor|xml)?servlet',
    'probe',
  ),
  pattern(
    'document-system',
    'tongda',
    'Tongda upload and include',
    '/ispirit/(im/upload|interface/gateway)\\.php|/mac/gateway\\.php',
    'probe',
  ),
  pattern(
    'document-system',
    'confluence',
    'Confluence set-up and OGNL (CVE-2023-22515, CVE-2022-26134)',
    '/server-info\\.action\\?bootstrapstatus|/setup/setupadministrator\\.action|/(%24|\\$)(%7b|\\{)[^\\n]*/?',
    'attack, answer tells',
  ),
  pattern(
    'document-system',
    'sharepoint',
    'SharePoint tool pane (CVE-2025-53770)',
    '^post /_layouts/1[56]/toolpane\\.aspx\\?[^\\n]*displaymode=edit|/_layouts/1[56]/spinstall\\d?\\.aspx',
    'attack, answer tells',
  ),
  pattern(
    'document-system',
    'gateway',
    'Remote access gateways (CVE-2019-19781, CVE-2020-5902, CVE-2018-13379, CVE-2022-1388)',
    '/vpns?/\\.\\./|/tmui/login\\.jsp/\\.\\.;/|/remote/fgt_lang\\?lang=/|/mgmt/tm/util/bash|/dana-na/[^\\n]*/\\.\\./|/dana/html5acc/[^\\n]*\\.\\.|/\\+cscot\\+/[^\\n]*\\.\\.',
    'attack, answer tells',
  ),
  pattern(
    'document-system',
    'management',
    'Management doors left open',
    '/actuator/(gateway|env|heapdump|jolokia)|/jolokia/|/solr/[^/\\n]+/(dataimport|config)|/nacos/v1/auth|/druid/indexer|/manager/html|/api/jsonws/invoke|/functionrouter',
    'probe',
  ),

  pattern(
    'webshell',
    'shell-command',
    'A command for a web shell',
    `[?&](cmd|exec|command|c|shell|run|execute|comando|x|q)=(whoami|id(&|\\s)|ipconfig|ifconfig|net(\\s|\\+)(user|view|group|localgroup|use)|dir(\\s|\\+|&|\\s)|ls(\\s|\\+|&|\\s)|cat(\\s|\\+)/|type(\\s|\\+)[a-z]:|uname|systeminfo|tasklist|powershell|cmd(\\.exe)?(\\s|\\+)?/c|ping(\\s|\\+)-|wget(\\s|\\+)|curl(\\s|\\+)|certutil|bash(\\s|\\+)-)`,
    'attack, answer tells',
  ),

  pattern(
    'scanner',
    'secret-file',
    'Files that hold secrets',
    '/\\.(env|git/(config|head)|svn/(entries|wc\\.db)|aws/credentials|htpasswd|ds_store|npmrc)|/wp-config\\.php\\.|/id_rsa',
    'probe',
  ),
  pattern(
    'scanner',
    'admin-tool',
    'Tools of administrators, guessed',
    '/(phpmyadmin|pma|myadmin|adminer|dbadmin|sqlite|mysqladmin)(/|-|\\.php)|/server-status|/hnap1|/cgi-bin/(test|printenv|status)(\\.cgi)?',
    'probe',
  ),
];

export const headerPatterns: readonly Pattern[] = [
  pattern(
    'command',
    'shellshock',
    'Shellshock (CVE-2014-6271)',
    '\\(\\)\\s{0,4}\\{\\s{0,4}[^}\\n]*;?\\s{0,4}\\}\\s{0,4};',
  ),
  pattern(
    'command',
    'php-in-header',
    'PHP code in a header',
    '<\\?php|<\\?=|\\b(eval|system|base64_decode)\\(',
  ),
  pattern(
    'command',
    'ognl-in-header',
    'OGNL in a content type (CVE-2017-5638)',
    '%\\{[^\\n]*(multipart|#|@)|#_memberaccess|ognl\\.ognlcontext|@java\\.lang\\.',
  ),
  pattern(
    'command',
    'spel-in-header',
    'Spring Cloud Function (CVE-2022-22963)',
    'spring\\.cloud\\.function\\.routing-expression|t\\(java\\.lang\\.runtime\\)',
  ),
  pattern(
    'injection',
    'sql-in-header',
    'SQL in a header',
    `'${gap}{0,4}(or|and)${gap}{1,4}['"(]{0,2}\\d{1,8}['"]?${gap}{0,4}=|sleep\\(\\d|benchmark\\(\\d|waitfor${gap}{1,4}delay`,
  ),
  pattern(
    'exchange',
    'backend-cookie',
    'Cookies of ProxyLogon (CVE-2021-26855)',
    'x-(beresource|anonresource-backend|anonresource)=',
    'attack, answer tells',
  ),
  pattern(
    'upload',
    'move-to-script',
    'A file moved to a script name',
    `destination: [^\\n]+${script}(;|\\s)`,
    'attack, answer tells',
  ),
  pattern(
    'scanner',
    'scanner-agent',
    'A scanner that says its name',
    'sqlmap|nikto|nessus|acunetix|nuclei|wpscan|dirbuster|gobuster|masscan|zgrab|netsparker|openvas|jorgee|wfuzz|fuzz faster|feroxbuster|w3af|arachni|whatweb|morfeus|zmeu|muieblackcat|l9explore',
    'probe',
  ),
];

/** Tried against target and headers alike. */
export const everywherePatterns: readonly Pattern[] = [
  pattern(
    'command',
    'log4shell',
    'Log4Shell (CVE-2021-44228), plain and disguised',
    "\\$\\{(jndi:|[^}\\n]*(jndi|lower:|upper:|::-|:-[a-z]\\}|env:[a-z]|date:'|sys:[a-z]|k8s:))|\\$\\{\\$\\{",
  ),
];

/** Every pattern by the number the SQL gives it: target patterns from 1, header patterns after them, then the rest. */
export const numberedPatterns: readonly Pattern[] = [
  ...targetPatterns,
  ...headerPatterns,
  ...everywherePatterns,
];

/** The pattern of that number. @throws Error for a number the SQL cannot give, a defect */
export function patternNumbered(number: number): Pattern {
  const found = numberedPatterns[number - 1];
  if (found === undefined) throw new Error(`there is no pattern number ${number}`);
  return found;
}
