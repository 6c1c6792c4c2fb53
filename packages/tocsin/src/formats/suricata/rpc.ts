// Windows' remote procedure calls by name: the interfaces and operations that start programs, change machines or
// read accounts. Names as in Microsoft's open specifications (MS-SCMR, MS-TSCH, MS-DRSR and others) and in Zeek.

interface Interface {
  readonly name: string;
  readonly operations: ReadonlyMap<number, string>;
}

const ops = (named: readonly (readonly [number, string])[] = []): ReadonlyMap<number, string> =>
  new Map(named);

/** By UUID in lower case. */
const interfaces: ReadonlyMap<string, Interface> = new Map([
  [
    '367abb81-9844-35f1-ad32-98f038001003',
    {
      name: 'svcctl',
      operations: ops([
        [0, 'CloseServiceHandle'],
        [1, 'ControlService'],
        [2, 'DeleteService'],
        [6, 'QueryServiceStatus'],
        [11, 'ChangeServiceConfigW'],
        [12, 'CreateServiceW'],
        [14, 'EnumServicesStatusW'],
        [15, 'OpenSCManagerW'],
        [16, 'OpenServiceW'],
        [17, 'QueryServiceConfigW'],
        [19, 'StartServiceW'],
        [23, 'ChangeServiceConfigA'],
        [24, 'CreateServiceA'],
        [27, 'OpenSCManagerA'],
        [28, 'OpenServiceA'],
        [31, 'StartServiceA'],
        [44, 'CreateServiceWOW64A'],
        [45, 'CreateServiceWOW64W'],
      ]),
    },
  ],
  [
    '1ff70682-0a51-30e8-076d-740be8cee98b',
    {
      name: 'atsvc',
      operations: ops([
        [0, 'JobAdd'],
        [1, 'JobDel'],
        [2, 'JobEnum'],
        [3, 'JobGetInfo'],
      ]),
    },
  ],
  [
    '86d35949-83c9-4044-b424-db363231fd0c',
    {
      name: 'ITaskSchedulerService',
      operations: ops([
        [1, 'SchRpcRegisterTask'],
        [2, 'SchRpcRetrieveTask'],
        [12, 'SchRpcRun'],
        [13, 'SchRpcDelete'],
        [19, 'SchRpcEnableTask'],
      ]),
    },
  ],
  [
    '338cd001-2244-31f1-aaaa-900038001003',
    {
      name: 'winreg',
      operations: ops([
        [2, 'OpenLocalMachine'],
        [6, 'CreateKey'],
        [7, 'DeleteKey'],
        [8, 'DeleteValue'],
        [15, 'OpenKey'],
        [17, 'QueryValue'],
        [20, 'SaveKey'],
        [22, 'SetValue'],
      ]),
    },
  ],
  [
    'e3514235-4b06-11d1-ab04-00c04fc2dcd2',
    {
      name: 'drsuapi',
      operations: ops([
        [0, 'DRSBind'],
        [1, 'DRSUnbind'],
        [3, 'DRSGetNCChanges'],
        [12, 'DRSCrackNames'],
        [16, 'DRSDomainControllerInfo'],
      ]),
    },
  ],
  [
    '9556dc99-828c-11cf-a37e-00aa003240c7',
    {
      name: 'IWbemServices',
      operations: ops([
        [20, 'ExecQuery'],
        [24, 'ExecMethod'],
        [25, 'ExecMethodAsync'],
      ]),
    },
  ],
  ['f309ad18-d86a-11d0-a075-00c04fb68820', { name: 'IWbemLevel1Login', operations: ops([[6, 'NTLMLogin']]) }],
  [
    '000001a0-0000-0000-c000-000000000046',
    { name: 'ISystemActivator', operations: ops([[4, 'RemoteCreateInstance']]) },
  ],
  [
    '12345778-1234-abcd-ef00-0123456789ac',
    {
      name: 'samr',
      operations: ops([
        [5, 'SamrLookupDomainInSamServer'],
        [13, 'SamrEnumerateUsersInDomain'],
        [25, 'SamrGetMembersInGroup'],
        [34, 'SamrOpenUser'],
        [37, 'SamrSetInformationUser'],
        [50, 'SamrCreateUser2InDomain'],
        [58, 'SamrSetInformationUser2'],
        [64, 'SamrConnect5'],
      ]),
    },
  ],
  [
    '12345778-1234-abcd-ef00-0123456789ab',
    {
      name: 'lsarpc',
      operations: ops([
        [6, 'LsarOpenPolicy'],
        [44, 'LsarOpenPolicy2'],
        [43, 'LsarRetrievePrivateData'],
      ]),
    },
  ],
  [
    '12345678-1234-abcd-ef00-01234567cffb',
    {
      name: 'netlogon',
      operations: ops([
        [4, 'NetrServerReqChallenge'],
        [26, 'NetrServerAuthenticate3'],
        [30, 'NetrServerPasswordSet2'],
      ]),
    },
  ],
  [
    '12345678-1234-abcd-ef00-0123456789ab',
    {
      name: 'spoolss',
      operations: ops([
        [65, 'RpcRemoteFindFirstPrinterChangeNotificationEx'],
        [89, 'RpcAddPrinterDriverEx'],
      ]),
    },
  ],
  ['c681d488-d850-11d0-8c52-00c04fd90f7e', { name: 'efsrpc', operations: ops([[0, 'EfsRpcOpenFileRaw']]) }],
  ['df1941c5-fe89-4e79-bf10-463657acf44d', { name: 'efsrpc', operations: ops([[0, 'EfsRpcOpenFileRaw']]) }],
  [
    '4b324fc8-1670-01d3-1278-5a47bf6ee188',
    {
      name: 'srvsvc',
      operations: ops([
        [12, 'NetrSessionEnum'],
        [15, 'NetrShareEnum'],
        [16, 'NetrShareGetInfo'],
      ]),
    },
  ],
  [
    '6bffd098-a112-3610-9833-46c3f87e345a',
    {
      name: 'wkssvc',
      operations: ops([
        [0, 'NetrWkstaGetInfo'],
        [2, 'NetrWkstaUserEnum'],
      ]),
    },
  ],
  ['e1af8308-5d1f-11c9-91a4-08002b14a0fa', { name: 'epmapper', operations: ops([[3, 'ept_map']]) }],
]);

/** Name of an interface; the UUID itself where it is not a known one. */
export function interfaceName(uuid: string): string {
  return interfaces.get(uuid.toLowerCase())?.name ?? uuid;
}

/** Name of an operation; `opnum 12` where it is not a known one. */
export function operationName(uuid: string, opnum: number): string {
  return interfaces.get(uuid.toLowerCase())?.operations.get(opnum) ?? `opnum ${opnum}`;
}
