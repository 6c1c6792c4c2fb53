// What detectors, their rules and the facts behind findings say, in Simplified Chinese.
export const detectorTexts: readonly (readonly [string, string])[] = [
  // Titles
  ['Attacks on web servers', '对网站服务器的攻击'],
  ['Web shells', '网页后门'],
  ['Scan of addresses or ports', '地址或端口扫描'],
  ['Administration of a machine by one that does not usually do so', '由平常不做管理的主机管理另一主机'],
  ['Software handed to many machines that then behave anew', '向多台主机分发软件后其行为一变'],
  ['Machine that takes others in hand, which then behave anew', '控制多台主机后其行为一变'],
  ['Regular calls to a rare outside address', '定时连接罕见的外部地址'],
  ['Large upload to a rare outside address', '向罕见的外部地址大量上传'],
  ['Command interpreter started by a service', '服务程序启动命令解释器'],
  ['Password guessing', '口令猜测'],
  ['Program that reads the credentials in memory', '读取内存中凭证的程序'],
  ['Data carried in name look-ups', '域名查询夹带数据'],
  ['Mailboxes read from outside in bulk', '外部批量读取邮箱'],
  ['Machine steered from outside and used against third parties', '受外部操纵、用来攻击第三方的主机'],
  ['Connection held open for long', '长时间保持的连接'],
  ['Alerts of other sensors', '其他传感器的告警'],
  ['Sigma rules given by the user', '用户提供的 Sigma 规则'],
  ['Indicators given by the user', '用户提供的威胁指标'],

  // What the score means
  [
    'How much says that the attack worked: about {*} for an attempt, {*} when attacks were answered, above {*} for an answer unlike the usual one, a new script or a connection the server opened afterwards.',
    '攻击成功的迹象有多强：仅有尝试约为 {*}，攻击得到应答为 {*}，出现异常应答、新脚本或服务器随后主动外连时高于 {*}。',
  ],
  [
    'Half regular timing, a quarter equal sizes, a quarter evenness over the time spanned; fewer contacts weigh less.',
    '一半看时间规律，四分之一看大小相同，四分之一看在整个时段内是否均匀；次数少则权重低。',
  ],
  [
    'How many independent signs of a web shell a path carries, from {*} to {*}; signs of ordinary use (linked, on a timer, there from the start) reduce it. Above {*} several strong ones coincide.',
    '一个路径带有多少互相独立的网页后门迹象，由 {*} 到 {*}；正常使用的迹象（有链接、定时、一开始就有）使之降低。高于 {*} 表示多个强迹象并存。',
  ],
  [
    'From {*} at three machines that behave anew to {*} at a hundred; less what chance leaves.',
    '三台主机行为一变为 {*}，一百台为 {*}；减去可归于偶然的部分。',
  ],
  [
    'Size, place in all the host sends, rarity and novelty of the destination, weighed together; less where much came back.',
    '综合数据量、在该主机全部上传中的位次、目的地的罕见和新近程度；返回数据多则降低。',
  ],
  [
    'Number of ways used, rarity of the target as a server, volume, remote calls that start programs, novelty.',
    '所用方式的数目、目标作为服务器的罕见程度、数据量、启动程序的远程调用、新近程度。',
  ],
  [
    'How many targets or ports stayed silent, on a logarithmic scale from the threshold to a hundred times it.',
    '有多少目标或端口没有应答，按对数刻度，由阈值到其一百倍。',
  ],
  [
    'How sure it is that passwords were guessed, and above {*} that one was found: up to {*} for the number and speed of failures, more for many accounts, {*} and above where a login followed its failures.',
    '猜测口令的确定程度，高于 {*} 表示已猜中：失败的次数和速度至多 {*}，涉及账户多则更高，失败之后登录成功则为 {*} 及以上。',
  ],
  [
    'High for a program outside the folders of the system, middling for a tool that dumps memory, low for a program of the system.',
    '系统目录之外的程序高，内存转储工具居中，系统程序低。',
  ],
  [
    'Length of the names, their number, records that carry data, and rarity of the domain, each in its part.',
    '域名长度、数量、携带数据的记录类型、域的罕见程度，各占一部分。',
  ],
  [
    'Length on a logarithmic scale up to a day, raised by each oddity of the session.',
    '时长按对数刻度，至一天为止；会话每有一处异常则提高。',
  ],
  [
    'From {*} for one outstanding day: more for how far the taking is beyond what other clients take, for further days and for further mailboxes.',
    '有一天异常为 {*}；超出其他客户端读取量越多、天数越多、邮箱越多则越高。',
  ],
  [
    'One third for each signal: acts inside sessions beyond chance, bytes and times conserved, abuse of third parties; less what chance leaves.',
    '每个信号占三分之一：行为非偶然地落在会话之内、字节与时间守恒、滥用第三方；减去可归于偶然的部分。',
  ],
  [
    'How much the alerts say against the host itself: strength of the rule family, times severity, times recurrence. {*} is internet noise, near {*} is a severe, repeated command-and-control alert.',
    '告警对主机本身不利的程度：规则类别的强度乘以严重性再乘以重复程度。{*} 为互联网噪声，接近 {*} 为严重且反复的命令与控制告警。',
  ],
  [
    'A third for a shell at all; more for one that is connected to an address, packed, hidden, interactive or fetches something, and for looking around afterwards; less where the same happens day after day.',
    '启动命令解释器即得三分之一；连接到某地址、经过打包、隐藏、交互式或下载内容的更高，其后打探环境的更高；日复一日如此的降低。',
  ],
  [
    'The level the author of the rule gave it, lowered when the rule is experimental; Tocsin has not weighed the rule against this network.',
    '规则作者所定的级别，实验性规则降低；Tocsin 未针对本网络衡量该规则。',
  ],
  [
    'How much of the match is the indicator itself: a hash or a whole URL is nearly {*}, a name or an address less, a name below it or a network least; contact that came from outside counts a third.',
    '匹配在多大程度上就是指标本身：哈希或完整网址接近 {*}，域名或地址较低，其子域名或网段最低；来自外部的接触按三分之一计。',
  ],

  // What must not be concluded
  [
    'Request bodies are not in these logs, so what was posted is unseen, and a client behind a proxy shows the proxy. That an attack worked is inferred from answers and from what followed, not seen on the server.',
    '日志中没有请求正文，故看不到提交的内容；代理之后的客户端显示为代理。攻击成功系由应答和后续情况推断，并非在服务器上所见。',
  ],
  [
    'Programs that poll a service look the same; a beacon is a reason to look at the host, and the address it calls may itself be a hijacked machine.',
    '轮询服务的程序看上去一样；定时回连只是检查该主机的理由，被连接的地址本身也可能是被劫持的主机。',
  ],
  [
    'Told by who asks for the path and how, not by its content: a private tool of an administrator or a partner’s interface can look the same. Look at the file on the server before concluding.',
    '依据何人如何访问该路径，而非其内容：管理员的私用工具或合作方的接口看上去也可能一样。下结论前应查看服务器上的文件。',
  ],
  [
    'A new program may by right call an address nobody called before: ask who released it. Machines that got the payload and call nobody may sleep; what left no flow between our machines is not seen.',
    '新程序连接从未有人连接过的地址，也可能是正当的：应询问由谁发布。收到载荷而未外连的主机可能处于潜伏；未在我方主机之间留下流的则看不到。',
  ],
  [
    'A new management server or a day of patches also reaches many machines for the first time; what they then call tells them apart only as far as it is new. Machines reached that call nobody may be taken too.',
    '新的管理服务器或补丁日也会首次触及许多主机；其后的外连只有在确属新出现时才能加以区分。被触及而未外连的主机也可能已失陷。',
  ],
  [
    'Backups, video calls and files sent on purpose are uploads as well. The volume is what left, not what it was worth; encrypted traffic does not tell its content.',
    '备份、视频通话和有意发送的文件也是上传。数据量是流出的量，不是其价值；加密流量不透露内容。',
  ],
  [
    'Administrators, jump hosts and software distribution do the same by trade. It is movement of an intruder only together with what else the two machines do.',
    '管理员、堡垒机和软件分发本来就这样做。只有结合两台主机的其他行为，才能认定为入侵者的移动。',
  ],
  [
    'A scan shows interest, not entry. Inside, the own vulnerability scanner and monitoring look alike; from outside, such knocking is the noise of the internet.',
    '扫描表明有兴趣，不表明已进入。内部的漏洞扫描器和监控看上去一样；来自外部的这类敲门是互联网噪声。',
  ],
  [
    'Failures can come from an outdated stored password or an address many people share. A success after failures is called guessed because of its order in time; the rightful owner may have remembered the password. In flows alone, and on web forms, success is inferred from the shape of the answer.',
    '失败可能出于过期的已存口令或多人共用的地址。失败之后的成功因时间先后而称为猜中；也可能是本人想起了口令。仅凭流记录或网页表单时，成功系由应答的形态推断。',
  ],
  [
    'Security products and diagnostic tools read this memory too; a program in a folder of the system may also have been put there.',
    '安全产品和诊断工具也读取这部分内存；系统目录中的程序也可能是被放进去的。',
  ],
  [
    'Programs also put identifiers into names. Data cut into pieces that look like checksums is not told from look-ups of checksums. Where only the resolver was recorded, the machine behind it is not known.',
    '程序也会把标识符写进域名。切成校验和模样的数据与校验和查询无法区分。只记录了解析器时，不知其后的主机。',
  ],
  [
    'Chat, push notices, remote work and VPNs hold connections open too. What stands out is length together with a rare destination and an unnamed or self-signed server.',
    '聊天、推送、远程办公和 VPN 也会保持连接。值得注意的是时长与罕见目的地、无名或自签名服务器的结合。',
  ],
  [
    'Volume does not say whose mail was read: a migration, a new backup service or somebody who sets up a mail program looks alike. Addresses that read are the last visible hop.',
    '数据量不说明读了谁的邮件：迁移、新的备份服务或有人新设邮件程序看上去一样。读取的地址是可见的最后一跳。',
  ],
  [
    'The controllers named are the last visible hop, whatever country they are in: a lower bound of the chain, and possibly hijacked themselves.',
    '所列控制端是可见的最后一跳，无论位于哪个国家：只是链路的下限，其本身也可能被劫持。',
  ],
  [
    'Repeats what another sensor said, with that sensor’s own false alarms; the rule, not the traffic, was judged. Inbound alerts say what was tried, not what happened.',
    '转述其他传感器的判断及其误报；判断的是规则而非流量。流入方向的告警说明有人尝试了什么，不说明发生了什么。',
  ],
  [
    'Applications start shells of their own: to make a picture smaller, to run a job, to start themselves. What the shell was told says more than that it ran.',
    '应用程序自己也会启动命令解释器：缩小图片、运行任务、启动自身。命令的内容比命令的运行更说明问题。',
  ],
  [
    'A rule of others matched: it says what its author says, with its false alarms. Whether the act was hostile does not follow from the match.',
    '他人的规则匹配成功：其含义以作者所述为准，误报亦同。匹配本身不说明行为是否恶意。',
  ],
  [
    'The list says the indicator is bad, not when, for whom or why; addresses and names change hands and are shared by many. That a listed address knocked from outside says nothing of our machine.',
    '列表只说该指标有害，不说何时、对谁、为何；地址和域名会易手、会多方共用。列表中的地址从外部敲门，并不说明我方主机如何。',
  ],

  // Facts behind findings
  ['account', '账户'],
  ['account names', '账户名'],
  ['accounts', '账户'],
  ['addresses named', '所提及的地址'],
  ['application', '应用'],
  ['conn states', '连接状态'],
  ['counted from', '计自'],
  ['days', '天'],
  ['destination first seen', '目的地首次出现'],
  ['domain', '域名'],
  ['examples', '示例'],
  ['families', '类别'],
  ['family', '类别'],
  ['files', '文件'],
  ['guessed', '猜中'],
  ['guessed account', '猜中的账户'],
  ['guessed at', '猜中时间'],
  ['interpreters', '命令解释器'],
  ['kind', '类别'],
  ['lies', '所在'],
  ['listings', '列表'],
  ['looked around with', '打探所用程序'],
  ['mailbox names', '邮箱名'],
  ['new destinations', '新目的地'],
  ['new scripts', '新脚本'],
  ['oddities', '异常之处'],
  ['path', '路径'],
  ['paths', '路径'],
  ['patterns', '模式'],
  ['port', '端口'],
  ['ports', '端口'],
  ['program', '程序'],
  ['protocol', '协议'],
  ['rights', '权限'],
  ['seen in', '见于'],
  ['service', '服务'],
  ['services', '服务'],
  ['signs', '迹象'],
  ['signals', '信号'],
  ['techniques', '技术'],
  ['top signatures', '主要规则'],
  ['user agents', '客户端标识'],
  ['calls', '调用'],
  ['way', '方式'],
];
