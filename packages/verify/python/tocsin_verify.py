#!/usr/bin/env python3
"""Checks a bundle of Tocsin (format version 2, docs/bundle.md) with nothing but Python 3.9 and its standard library.

    python3 tocsin_verify.py BUNDLE [--keys keys.json] [--root ID] [--json]

For readers who trust neither Tocsin's database nor its TypeScript: one file that can be read in an evening. It takes the
archive, recomputes every commitment and every figure from the rows, and prints a verdict, then a line a step. Exits 0 when
all holds, 1 otherwise. It does not judge the proof of the log: tocsin-verify does.
"""
import argparse, base64, functools, hashlib, json, mmap, os, re, struct, sys, unicodedata, zlib
from datetime import datetime, timezone
try:
    import zoneinfo
except ImportError:  # Python 3.8 and before
    sys.exit('Python 3.9 or later is needed.')

SAFE, HELD, CHUNK, ROW_BYTES, FILE_BYTES = 2**53 - 1, 16_000_000, 65_536, 16 * 2**20, 512 * 2**20
FILES, TOTAL_BYTES = 4096, 16 * 2**30
TYPES = ('text', 'integer', 'address', 'time', 'texts')
DIGEST, NAME = re.compile('[0-9a-f]{64}'), re.compile('[a-z][a-z0-9_]{0,63}')
TAGS, MANIFEST, COMMITMENTS = 'tagmanifest-sha256.txt', 'manifest-sha256.txt', 'data/commitments.json'
FIGURES, FIGURE_DIGESTS, ATTESTATIONS = 'data/figures.json', 'data/figures.sha256', 'data/attestations/'
STATEMENT = ATTESTATIONS + 'statement.dsse.json'

class Wrong(Exception):
    """What does not hold, in words."""

class Undefined(Exception):
    """A definition that is none: a code and the place, as the TypeScript names them."""

def need(holds, what):
    if not holds:
        raise Wrong(what)

# ---- Text and JSON ----------------------------------------------------------------------------------------------------

def sha256(content):
    return hashlib.sha256(content).hexdigest()

def whole(text):
    if len(text) > 400:
        raise ValueError('a number of too many digits')
    return int(text) if len(text) <= 25 else float(text)

def fraction(text):
    value = float(text)
    return int(value) if abs(value) <= SAFE and value.is_integer() else value

def no_constant(word):
    raise ValueError(word)

DECODER = json.JSONDecoder(parse_int=whole, parse_float=fraction, parse_constant=no_constant)

def parse(content, what):
    """The value of JSON in UTF-8, strictly."""
    try:
        return DECODER.decode(content.decode('utf-8') if isinstance(content, (bytes, bytearray)) else content)
    except (ValueError, RecursionError):
        raise Wrong(f'{what}: not JSON in UTF-8') from None

def quoted(text):
    """Text as JSON, characters escaped only where JSON demands it; lone surrogates are escaped too."""
    plain = json.encoder.encode_basestring(text)
    return re.sub('[\ud800-\udfff]', lambda found: f'\\u{ord(found[0]):04x}', plain)

def canonical(value):
    """RFC 8785 for the values the format has: keys in the order of UTF-16 units, no spaces."""
    if value is None or value is True or value is False:
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return '[' + ','.join(map(canonical, value)) + ']'
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode('utf-16-be', 'surrogatepass'))
        return '{' + ','.join(f'{quoted(key)}:{canonical(value[key])}' for key in keys) + '}'
    return repr(value)

def units(text):
    """Length in UTF-16 units, in which the format states its limits."""
    return len(text) + sum(character > '\uffff' for character in text)

def well_formed(text):
    return not re.search('[\ud800-\udfff]', text)

def printable(value, most=200):
    text = value if isinstance(value, str) else canonical(value)
    short = text if len(text) <= most else text[:most] + '…'
    return ''.join(f'\\u{ord(c):04x}' if unicodedata.category(c) in ('Cc', 'Cf', 'Cs', 'Zl', 'Zp') else c for c in short)

# ---- The archive ------------------------------------------------------------------------------------------------------

class Archive:
    """A zip archive: stored and deflated files, each name once and safe, every size bounded and held against its header."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            need(os.fstat(file.fileno()).st_size >= 22, 'this is not a zip archive, or its end is missing')
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        directory, count, end = self.directory()
        self.entries, at, folded, places = {}, directory, set(), []
        for _ in range(count):
            need(at + 46 <= end and self.data[at:at + 4] == b'PK\1\2', 'the archive is damaged')
            made, *header, crc, packed, size, names, extra, comment, disk, inner, outer, offset = struct.unpack_from(
                '<6H3I5H2I', self.data, at + 4)
            name = self.name(at + 46, names)
            at += 46 + names + extra + comment
            need(name.lower() not in folded, f'the archive holds one name twice: {printable(name)}')
            folded.add(name.lower())
            need(not header[1] & 0x2041 and (header[2] == 8 or header[2] == 0 and size == packed),
                 f'{printable(name)}: only stored and deflated content, not encrypted, is read')
            # Where a header is as Tocsin writes them, what stands beside must be so too.
            is_own = header[:2] + header[3:] == [20, 0, 0, 33]
            need(not is_own or (made, extra, comment, disk, inner, outer) == (0x0314, 0, 0, 0, 0, 0o100644 << 16),
                 f'{printable(name)}: its header is damaged')
            start = self.start_of(name, offset, directory, header, (crc, packed, size), is_own)
            places.append((offset, start + packed, is_own))
            if not name.endswith('/'):
                self.entries[name] = (header[2], start, packed, size, crc)
        need(sum(entry[3] for entry in self.entries.values()) <= TOTAL_BYTES, 'the content is larger than the limit')
        end_before = 0
        for offset, end_of_entry, is_own in sorted(places):
            need(offset == end_before or offset > end_before and not is_own, 'files of the archive overlap, or leave a gap')
            end_before = end_of_entry
        need(at == end and end_before <= directory, 'the archive is damaged')
        names = sorted(self.entries)
        self.root = '' if 'bagit.txt' in names or not names else names[0].split('/')[0] + '/'
        need(self.root + 'bagit.txt' in names and all(name.startswith(self.root) for name in names),
             'this is not a bundle: it has no bagit.txt')
        self.names = [name[len(self.root):] for name in names]

    def directory(self):
        at, length = len(self.data) - 22, len(self.data)
        while at >= max(0, length - 22 - 65_535):
            if self.data[at:at + 4] == b'PK\5\6':
                disk, first, here, count, size, offset, comment = struct.unpack_from('<4H2IH', self.data, at + 4)
                if at + 22 + comment == length:
                    need((disk, first, here) == (0, 0, count) and offset + size == at and count <= FILES,
                         'the archive is damaged, too large, or holds too many files')
                    return offset, count, at
            at -= 1
        raise Wrong('this is not a zip archive, or its end is missing')

    def name(self, at, length):
        try:
            name = self.data[at:at + length].decode('utf-8')
        except ValueError:
            raise Wrong('the archive holds an unsafe file name') from None
        path = name[:-1] if name.endswith('/') else name
        need(0 < units(path) <= 255 and not re.search(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|]', path)
             and not {'', '.', '..'} & set(path.split('/')), f'the archive holds an unsafe file name: {printable(name)}')
        return name

    def start_of(self, name, offset, directory, header, sizes, is_own):
        """Where the content begins, when the header before it says what the directory says."""
        need(offset + 30 <= directory, f'{printable(name)}: its header is damaged')
        mark, *again, crc, packed, size, names, extra = struct.unpack_from('<4s5H3I2H', self.data, offset)
        start = offset + 30 + names + extra
        is_same = (crc, packed, size) == sizes or header[1] & 8 and (crc, packed, size) == (0, 0, 0)
        need(mark == b'PK\3\4' and again == header and is_same and not (is_own and extra) and start + sizes[1] <= directory
             and self.data[offset + 30:offset + 30 + names] == name.encode(), f'{printable(name)}: its header is damaged')
        return start

    def chunks(self, name):
        method, start, packed, size, crc = self.entries[self.root + name]
        inflate, found, length = zlib.decompressobj(-15), 0, 0
        for at in range(start, start + packed, CHUNK):
            piece = self.data[at:min(start + packed, at + CHUNK)]
            try:
                piece = inflate.decompress(piece, CHUNK) if method else piece
                while piece:
                    length, found = length + len(piece), zlib.crc32(piece, found)
                    need(length <= size, f'{name}: the content is larger than the archive says')
                    yield piece
                    piece = inflate.decompress(inflate.unconsumed_tail, CHUNK) if method else b''
            except zlib.error:
                raise Wrong(f'{name}: the content does not decompress') from None
        need((length, found) == (size, crc) and (not method or inflate.eof and not inflate.unused_data),
             f"{name}: the content does not have the archive's checksum")

    def read(self, name):
        need(name in self.names, f'{name} is missing')
        need(self.entries[self.root + name][3] <= FILE_BYTES, f'{name} is too large')
        return b''.join(self.chunks(name))

    def lines(self, name, digest):
        """Lines without their newline; the last must have one."""
        rest = b''
        for chunk in self.chunks(name):
            digest.update(chunk)
            *complete, rest = (rest + chunk).split(b'\n')
            need(len(rest) <= ROW_BYTES, f'{name}: a line of more than {ROW_BYTES} bytes')
            yield from complete
        need(not rest, f'{name}: the last line has no end')

# ---- Cells and rows ---------------------------------------------------------------------------------------------------

def dotted(text, zeros=False):
    """A dotted IPv4 address as a number, or None; leading zeros only in the tail of an IPv6 address."""
    if not re.fullmatch(r'[0-9]{1,3}(\.[0-9]{1,3}){3}', text):
        return None
    parts = text.split('.')
    if any(int(part) > 255 or (not zeros and len(part) > 1 and part[0] == '0') for part in parts):
        return None
    return int.from_bytes(bytes(map(int, parts)), 'big')

def words(text, is_end):
    out = []
    parts = text.split(':') if text else []
    for at, part in enumerate(parts):
        if re.fullmatch('[0-9a-fA-F]{1,4}', part):
            out.append(int(part, 16))
        else:
            tail = dotted(part, True) if is_end and at == len(parts) - 1 else None
            if tail is None:
                return None
            out += [tail >> 16, tail & 0xffff]
    return out

@functools.lru_cache(65_536)
def address(text):
    """(bits, number) of an address, or None."""
    if len(text) > 45:
        return None
    if ':' not in text:
        number = dotted(text)
        return None if number is None else (32, number)
    halves = text.split('::')
    if len(halves) > 2:
        return None
    left = words(halves[0], len(halves) == 1)
    right = words(halves[1], True) if len(halves) == 2 else []
    if left is None or right is None:
        return None
    given = len(left) + len(right)
    if given > 8 or (len(halves) == 1 and given != 8):
        return None
    return 128, sum(word << (16 * (7 - at)) for at, word in enumerate(left + [0] * (8 - given) + right))

def prefix_of(text):
    """(bits, shift, network) of `10.0.0.0/8`, or None."""
    found = re.fullmatch('([^/]{2,45})/([0-9]{1,3})', text)
    base = address(found[1]) if found else None
    if base is None or int(found[2]) > base[0] or found[2] != str(int(found[2])):
        return None
    shift = base[0] - int(found[2])
    return base[0], shift, base[1] >> shift

TIME = re.compile(r'([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{6})Z')

def moment(text):
    """The moment of a time cell, or None."""
    found = TIME.fullmatch(text)
    try:
        value = datetime(*map(int, found.groups()), tzinfo=timezone.utc) if found else None
    except ValueError:
        return None
    return value if value and 1900 <= value.year <= 2298 else None

def integer(value):
    """The number of an integer cell, or None."""
    if type(value) is int:
        return value if abs(value) <= SAFE else None
    if type(value) is not str or not re.fullmatch('-?[1-9][0-9]{15,19}', value):
        return None
    number = int(value)
    return number if abs(number) > SAFE and -2**63 <= number < 2**64 else None

def out(number):
    """An integer as values and cells hold it: decimal text beyond 2^53 - 1."""
    return number if abs(number) <= SAFE else str(number)

def is_cell(value, kind):
    if value is None:
        return True
    if kind == 'integer':
        return integer(value) is not None
    if kind == 'texts':
        return type(value) is list and all(type(item) is str and well_formed(item) for item in value)
    if type(value) is not str:
        return False
    return {'text': well_formed, 'address': address, 'time': moment}[kind](value) not in (None, False)

def read_row(line, columns):
    """The row of a line, and its cells as JSON; raises what is wrong."""
    row = parse(line, 'the line')
    need(type(row) is dict and list(row) == [name for name, _ in columns], 'its columns are not those of the schema')
    for name, kind in columns:
        need(is_cell(row[name], kind), f'column {name} does not conform')
    cells = {name: canonical(row[name]) for name in row}
    need(('{' + ','.join(f'"{name}":{cell}' for name, cell in cells.items()) + '}').encode() == line,
         'it is not written in the one form of a row')
    return row, cells

def evaluable(cell, kind):
    """The cell with its integer as a number, however it is written."""
    return integer(cell) if kind == 'integer' and cell is not None else cell

# ---- Commitments ------------------------------------------------------------------------------------------------------

class Column:
    """Commits the cells of one column, whose secret is known."""

    def __init__(self, table, name, secret):
        self.head = hashlib.sha256(f'tocsin-cell-2\0{table}\0{name}'.encode()).digest()[:16]
        self.secret, self.block, self.salts = secret, -1, b''

    def salt(self, row):
        if row // 2 != self.block:
            self.block = row // 2
            self.salts = hashlib.sha256(self.secret + struct.pack('>Q', self.block)).digest()
        return self.salts[16 * (row % 2):16 * (row % 2) + 16]

    def commit(self, row, cell):
        return hashlib.sha256(self.head + struct.pack('>Q', row) + self.salt(row) + cell.encode('utf-8')).digest()

def leaf_of(commitments):
    return hashlib.sha256(b'\0' + b''.join(commitments)).digest()

class Root:
    """The root of the RFC 6962 tree over leaves that come one by one."""

    def __init__(self):
        self.heights = []

    def add(self, node):
        height = 0
        while height < len(self.heights) and self.heights[height] is not None:
            node = hashlib.sha256(b'\1' + self.heights[height] + node).digest()
            self.heights[height] = None
            height += 1
        if height == len(self.heights):
            self.heights.append(None)
        self.heights[height] = node

    def hex(self):
        node = None
        for subtree in self.heights:
            if subtree is not None:
                node = subtree if node is None else hashlib.sha256(b'\1' + subtree + node).digest()
        return (hashlib.sha256(b'').digest() if node is None else node).hex()

# ---- Figures: what a definition may be --------------------------------------------------------------------------------
# A rule takes the value, its place, the type of the column named before it, and the types of all columns; a rule about a
# column gives that type.

def undefined(code, at):
    raise Undefined(code, at)

def is_text(value):
    return type(value) is str and len(value) <= 4096 and units(value) <= 4096 and well_formed(value)

def column(*allowed):
    def rule(value, at, _, types):
        if type(value) is not str or value not in types:
            undefined('unknown-column', at)
        return types[value] if types[value] in allowed else undefined('wrong-column-type', at)
    return rule

def literal(value, at, kind, _):
    if not (type(value) is int and abs(value) <= SAFE if kind == 'integer' else is_text(value)):
        undefined('bad-literal', at)

def listed(rule, lowest, highest):
    def every(value, at, kind, types):
        if type(value) is not list:
            undefined('bad-literal', at)
        if not lowest <= len(value) <= highest:
            undefined('out-of-range', at)
        for index, item in enumerate(value):
            rule(item, f'{at}[{index}]', kind, types)
    return every

def number(lowest, highest):
    def rule(value, at, *_):
        if type(value) is not int:
            undefined('bad-literal', at)
        if not lowest <= value <= highest:
            undefined('out-of-range', at)
    return rule

def holding(test, code='bad-literal'):
    return lambda value, at, *_: None if type(value) is str and test(value) else undefined(code, at)

def one_of(known):
    def rule(value, at, _, types):
        if type(value) is not dict:
            undefined('not-an-object', at)
        if 'op' not in value:
            undefined('missing-key', at + '.op')
        if type(value['op']) is not str or value['op'] not in known:
            undefined('unknown-op', at + '.op')
        rules, kind, optional = known[value['op']], None, ('from', 'to') if value['op'] == 'range' else ()
        check_keys(value, at + '.', ['op', *rules], optional)
        if optional and 'from' not in value and 'to' not in value:
            undefined('missing-key', at + '.from')
        for key, check in rules.items():
            if key in value:
                kind = check(value[key], f'{at}.{key}', kind, types) or kind
    return rule

def check_keys(value, at, known, optional=()):
    for key in value:
        if key not in known:
            undefined('unknown-key', at + key[:64])
    for key in known:
        if key not in value and key not in optional:
            undefined('missing-key', at + key)

@functools.lru_cache(None)
def zone_of(name):
    if name == 'UTC':
        return timezone.utc
    known = {zone.lower(): zone for zone in zoneinfo.available_timezones()}  # browsers do not look at case either
    need(known, 'this machine has no tz database: install the Python package tzdata')
    return zoneinfo.ZoneInfo(known[name.lower()]) if ZONE.fullmatch(name) and name.lower() in known else None

ZONE = re.compile('(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)'
                  '/[A-Za-z0-9_+/-]{1,50}')
SCALAR, INTEGER = column('text', 'integer', 'address', 'time'), column('integer')
FILTERS = listed(one_of({
    '=': {'column': SCALAR, 'value': literal},
    'in': {'column': SCALAR, 'values': listed(literal, 1, 1000)},
    'range': {'column': SCALAR, 'from': literal, 'to': literal},
    'cidr': {'column': column('text', 'address'), 'prefix': holding(prefix_of)},
    'prefix': {'column': column('text', 'address', 'time'), 'text': holding(is_text)}}), 0, 64)
AMOUNTS = {'count': {}, 'sum': {'column': INTEGER}, 'distinct': {'column': SCALAR}}
SCALARS = {**AMOUNTS, 'min': {'column': SCALAR}, 'max': {'column': SCALAR}, 'share': {'of': FILTERS},
           'quantile': {'column': INTEGER, 'perMille': number(0, 1000)}}
MEASURE = one_of({
    **SCALARS,
    'group': {'by': SCALAR, 'measure': one_of(SCALARS)},
    'top': {'by': SCALAR, 'k': number(1, 1000), 'measure': one_of(AMOUNTS)},
    'histogram': {'column': column('time'), 'per': holding(('hour', 'weekday', 'hour-of-week', 'day').__contains__),
                  'zone': holding(zone_of, 'unknown-zone')}})

def check_definition(value, tables):
    """Refuses what is no definition over these tables (types of columns by their names)."""
    if type(value) is not dict:
        undefined('not-an-object', 'definition')
    check_keys(value, '', ['table', 'where', 'measure'])
    if type(value['table']) is not str or not NAME.fullmatch(value['table']):
        undefined('bad-literal', 'table')
    types = tables[value['table']] if value['table'] in tables else undefined('unknown-table', 'table')
    FILTERS(value['where'], 'where', None, types)
    MEASURE(value['measure'], 'measure', None, types)

# ---- Figures: their values --------------------------------------------------------------------------------------------
# A table is a list of cells per column, integers as numbers. Rows are positions in it. Text is compared as Python does, by
# code points, which is the order of the UTF-8 bytes.

def matching(table, rows, filters):
    for item in filters:
        cells, holds = table[item['column']], cell_test(item)
        rows = [row for row in rows if cells[row] is not None and holds(cells[row])]
    return rows

def cell_test(item):
    op = item['op']
    if op == '=':
        return lambda cell: cell == item['value']
    if op == 'in':
        values = set(item['values'])
        return lambda cell: cell in values
    if op == 'range':
        return lambda cell: ('from' not in item or cell >= item['from']) and ('to' not in item or cell < item['to'])
    if op == 'prefix':
        return lambda cell: cell.startswith(item['text'])
    bits, shift, network = prefix_of(item['prefix'])

    def inside(cell):
        found = address(cell)
        return found is not None and found[0] == bits and found[1] >> shift == network
    return inside

def within(limit, held):
    if len(held) > limit:
        raise Wrong(f'it has more than {limit} different cells or groups')
    return held

def grouped(table, rows, column, limit):
    groups = {}
    for row in rows:
        if table[column][row] is not None:
            groups.setdefault(table[column][row], []).append(row)
    return within(limit, groups)

def amount(measure, table, rows):
    """count, sum, distinct: an exact integer."""
    if measure['op'] == 'count':
        return len(rows)
    cells = [cell for cell in (table[measure['column']][row] for row in rows) if cell is not None]
    return sum(cells) if measure['op'] == 'sum' else len(within(HELD, set(cells)))

def value_of(measure, table, rows):
    """The value of a measure over these rows."""
    op = measure['op']
    if op in AMOUNTS:
        return out(amount(measure, table, rows))
    if op == 'share':
        return {'part': len(matching(table, rows, measure['of'])), 'whole': len(rows)}
    if op == 'group':
        groups = grouped(table, rows, measure['by'], 1000)
        values = {str(key): value_of(measure['measure'], table, group) for key, group in groups.items()}
        return [{'key': key, 'value': values[key]} for key in sorted(values)]
    if op == 'top':
        groups = grouped(table, rows, measure['by'], HELD)
        ranked = sorted((-amount(measure['measure'], table, group), str(key)) for key, group in groups.items())
        return [{'key': key, 'value': out(-less)} for less, key in ranked[:measure['k']]]
    cells = [cell for cell in (table[measure['column']][row] for row in rows) if cell is not None]
    if op == 'histogram':
        return histogram(measure, cells)
    if not cells:
        return None
    if op == 'quantile':  # nearest rank: of n cells in order the one at ceil(n * perMille / 1000), the first for 0
        return out(sorted(cells)[max(0, -(-len(cells) * measure['perMille'] // 1000) - 1)])
    best = min(cells) if op == 'min' else max(cells)
    return out(best) if type(best) is int else best

def histogram(measure, cells):
    zone, per, counts = zone_of(measure['zone']), measure['per'], {}
    for cell in cells:
        local = moment(cell).astimezone(zone)
        key = {'hour': f'{local.hour}', 'weekday': f'{local.isoweekday()}', 'day': f'{local:%Y-%m-%d}',
               'hour-of-week': f'{local.isoweekday()} {local.hour:02}'}[per]
        counts[key] = counts.get(key, 0) + 1
    keys = {'hour': map(str, range(24)), 'weekday': map(str, range(1, 8))}.get(per) or sorted(counts)
    return [{'key': key, 'value': counts.get(key, 0)} for key in keys]

def compute(definition, table, rows):
    return value_of(definition['measure'], table, matching(table, range(rows), definition['where']))

# ---- The report -------------------------------------------------------------------------------------------------------

SPACE = '\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'
ATTRIBUTE = re.compile(f'''([a-z][a-z0-9-]*)(?:=(?:"([^"]*)"|'([^']*)'|([^{SPACE}"'>]+)))?''', re.I | re.A)
ENTITIES = {'amp': '&', 'lt': '<', 'gt': '>', 'quot': '"', 'apos': "'", 'nbsp': '\xa0', 'thinsp': '\u2009',
            'minus': '\u2212', 'ndash': '\u2013'}

def decoded(text):
    def entity(found):
        decimal, hexadecimal, name = found.groups()
        if name is not None:
            return ENTITIES.get(name, found[0])
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if 0 < code <= 0x10ffff else found[0]
    return re.sub('&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));', entity, text, flags=re.I | re.A)

def after(text, mark, start):
    at = text.find(mark, start)
    return len(text) if at < 0 else at + len(mark)

def skipped(html, at):
    """The end of a comment, script, style or template that begins here, or None."""
    if html.startswith('<!--', at):
        return after(html, '-->', at + 4)
    found = re.match(f'<(script|style|template)[{SPACE}/>]', html[at:at + 12], re.I | re.A)
    if not found:
        return None
    end = re.compile('</' + found[1], re.I | re.A).search(html, at + 1)
    return end.end() if end else len(html)

def shown_figures(html):
    """[figure, value, text] of every <data class="figure"> of the report."""
    shown, current, at = [], None, 0
    quoted_tag = re.compile('''[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>''')
    while at < len(html):
        tag = html.find('<', at)
        tag = len(html) if tag < 0 else tag
        if current:
            current[2] += html[at:tag]
        if tag == len(html):
            break
        at = skipped(html, tag)
        if at is not None:
            continue
        found = quoted_tag.match(html, tag + 1)
        at = found.end() if found else len(html)
        source = html[tag:at]
        if re.match(f'<data[{SPACE}/>]', source, re.I | re.A):
            attributes = {}
            for name, double, single, bare in ATTRIBUTE.findall(source[5:]):
                attributes.setdefault(name.lower(), decoded(double or single or bare))
            if 'data-figure' in attributes and 'figure' in re.split(f'[{SPACE}]+', attributes.get('class', '')):
                current = [attributes['data-figure'], attributes.get('value'), '']
        elif current and re.match(f'</data[{SPACE}>]', source, re.I | re.A):
            text = re.sub(f'[{SPACE}]+', ' ', decoded(current[2])).strip(' ')
            shown.append([current[0], current[1], text])
            current = None
    return shown

SCALES = {'': (1,), 'k': (1e3, 2**10), 'm': (1e6, 2**20), 'g': (1e9, 2**30), 't': (1e12, 2**40)}
NUMBER = re.compile(f'(-?[0-9]{{1,18}})(?:\\.([0-9]{{1,9}}))?(?:[{SPACE}]*([kmgt]?)(i?)(?:b|bytes?))?', re.I | re.A)

def can_stand_for(text, value):
    """False for a number, alone or in bytes, that is no rounding of the value."""
    plain = re.sub(f"(?<=[0-9])[,{SPACE}'’_](?=[0-9])", '', text).replace('\u2212', '-', 1)
    found = NUMBER.fullmatch(plain)
    if not found:
        return True
    units_of, decimals, letter, binary = found[1], found[2] or '', found[3] or '', found[4]
    shown = float(f'{units_of}.{decimals or 0}')
    if not letter and not decimals:
        return shown == value
    scales, step = SCALES[letter.lower()], 10.0 ** -len(decimals)
    return any(abs(shown - value / scale) < step for scale in (scales[1:] if binary else scales))

# ---- Ed25519 (RFC 8032, the strict rule of docs/keys.md) --------------------------------------------------------------

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_ONE = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def plus(one, two):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = plus(total, point)
        point, scalar = plus(point, point), scalar >> 1
    return total

def same(one, two):
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0

def point_of(raw):
    """The point of its one canonical encoding, if its order is not small; else None."""
    y, sign = int.from_bytes(raw, 'little') & (2**255 - 1), raw[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    point = (x, y, 1, x * y % P) if x & 1 == sign else (P - x, y, 1, (P - x) * y % P)
    return None if same(times(8, point), (0, 1, 1, 0)) else point

BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, 'little'))

def is_signed(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), 'little') % ORDER
    return same(times(s, BASE), plus(r, times(k, a)))

# ---- Keys and the signed statement ------------------------------------------------------------------------------------

def unbase64(text, what, either=False):
    """The bytes of strict base64: padded, no white space, unused bits zero."""
    try:
        if either and not re.search('[+/]', text):
            text = text.replace('-', '+').replace('_', '/')
        raw = base64.b64decode(text, validate=True)
        if base64.b64encode(raw).decode() == text:
            return raw
    except (ValueError, TypeError, AttributeError):
        pass
    raise Wrong(f'{what}: not strict base64')

def envelope_message(kind, payload):
    return b'DSSEv1 %d %s %d %s' % (len(kind.encode()), kind.encode(), len(payload), payload)

def is_second(value):
    return type(value) is str and re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z', value)

def is_id(value):
    return type(value) is str and DIGEST.fullmatch(value)

def read_keys(listed):
    keys = {}
    for key in listed:
        raw = unbase64(key['public_key'], 'a key of the list')
        identity = sha256(bytes.fromhex('302a300506032b6570032100') + raw)
        need(key['id'] == identity and identity not in keys and len(raw) == 32 and point_of(raw) is not None
             and key['purpose'] in ('statement', 'log', 'witness', 'recovery') and type(key['name']) is str
             and is_second(key['created']), 'a key of the list is malformed, or its id is not the digest of the key')
        keys[identity] = {**key, 'raw': raw}
    return keys

def trusted_signers(listing, root=None):
    """Statement keys of a publisher's keys.json that are not revoked, from the signed acts alone: {id: (name, key)}."""
    need(type(listing) is dict and listing.get('format') == 'tocsin-keys/1', 'no list of keys of the format tocsin-keys/1')
    try:
        publisher, acts, keys, states = listing['publisher'], listing['acts'], read_keys(listing['keys']), {}
        need(len(acts) <= 256 and len(keys) <= 256, 'too many keys or acts')
        need(root is None or (acts and acts[0]['key'] == root), 'the list goes back to another recovery key')
        for at, act in enumerate(acts):
            replay(act, at == 0, publisher, keys, states)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise Wrong('the list of keys is malformed') from None
    need(all(identity in states for identity in keys), 'a key of the list was never introduced by a signed act')
    return {identity: (keys[identity]['name'], keys[identity]['raw']) for identity, state in states.items()
            if keys[identity]['purpose'] == 'statement' and state['is'] != 'revoked'}

def replay(act, is_first, publisher, keys, states):
    """Takes over one act, or raises why it does not hold after those before it."""
    kind, key, successor, signer = act['act'], act['key'], act['successor'], act['signer']
    need(kind in ('introduce', 'rotate', 'revoke') and is_second(act['time']) and type(act['reason']) is str
         and (is_second(act['since']) if kind == 'revoke' else act['since'] is None)
         and (successor is None if kind == 'introduce' else kind == 'revoke' or successor is not None)
         and (act['entry'] is None) == (kind == 'revoke' and successor is None), 'an act is malformed')
    entering = key if kind == 'introduce' else successor
    for named in [key, signer] + [entering] * (entering is not None):
        need(named in keys, 'an act names a key that is not in the list')
    if entering is not None:
        entry = {name: keys[entering][name] for name in ('created', 'id', 'name', 'public_key', 'purpose')}
        need(entering not in states and act['entry'] == sha256(canonical({**entry, 'publisher': publisher}).encode())
             and entry['purpose'] == keys[key]['purpose'], 'an act does not fit those before it')
    state, by = states.get(key), states.get(signer)
    is_root = is_first and kind == 'introduce' and signer == key and keys[key]['purpose'] == 'recovery'
    recovery = by is not None and keys[signer]['purpose'] == 'recovery' and by['is'] == 'current'
    own = by is not None and kind != 'introduce' and state is not None and by['is'] != 'revoked' and (
        signer == key or (kind == 'revoke' and signer == state['successor']))
    need(is_root or recovery or own, 'an act is signed by a key that may not sign it')
    need(kind == 'introduce' or state is not None, 'an act is about a key that was never introduced')
    need(kind != 'rotate' or state['is'] == 'current', 'an act rotates a key that is not current')
    signed = {name: act[name] for name in ('act', 'key', 'successor', 'time', 'since', 'reason', 'entry')}
    message = envelope_message('application/vnd.tocsin.key-act+json', canonical(signed).encode())
    need(is_signed(keys[signer]['raw'], message, unbase64(act['signature'], 'an act')), 'the signature of an act is wrong')
    if state is not None:
        states[key] = {'is': 'retired' if kind == 'rotate' else 'revoked', 'successor': successor or state['successor']}
    if entering is not None:
        states[entering] = {'is': 'current', 'successor': None}

def trust_of(content, root):
    """({id: (name, key)}, how many must have signed) of a keys.json or a file of format tocsin-trust/1."""
    value = parse(content, 'the file of whom to trust')
    if type(value) is not dict or value.get('format') != 'tocsin-trust/1':
        return trusted_signers(value, root), 1
    signers, threshold = {}, value.get('threshold', 1)
    need(type(threshold) is int and threshold >= 1 and type(value.get('publishers')) is list and value['publishers'],
         'the file of whom to trust is malformed')
    for publisher in value['publishers']:
        need(type(publisher) is dict and is_id(publisher.get('root')), 'the file of whom to trust is malformed')
        signers.update(trusted_signers(publisher.get('keys'), publisher['root']))
    return signers, threshold

def check_signature(content, commitments, trust):
    """Who of the trusted has signed the commitments of that digest; None when nobody is named. Raises what does not hold."""
    envelope = parse(content, 'the envelope')
    try:
        payload, kind = unbase64(envelope['payload'], 'the envelope', True), envelope['payloadType']
        signatures = [('' if item.get('keyid') is None else item['keyid'], unbase64(item['sig'], 'a signature', True))
                      for item in envelope['signatures']]
        statement = parse(payload, 'the statement')
        need(statement['_type'] == 'https://in-toto.io/Statement/v1' and len(statement['subject']) == 1
             and statement['predicateType'] == 'urn:tocsin:publication:2' and statement['subject'][0]['name'] == COMMITMENTS
             and is_id(commitments) and statement['subject'][0]['digest']['sha256'] == commitments,
             'the signed statement is about another publication')
        need(all(type(hint) is str for hint, _ in signatures), 'a key id of the envelope is no text')
    except (KeyError, TypeError, AttributeError, IndexError):
        raise Wrong('the envelope or its statement is malformed') from None
    need(1 <= len(signatures) <= 32, 'the envelope has no signature, or too many')
    if trust is None:
        return None
    need(kind == 'application/vnd.in-toto+json', 'the envelope holds another type of payload')
    (signers, threshold), valid = trust, {}
    for hint, signature in signatures:
        for identity in [hint] if hint in signers else signers:
            if is_signed(signers[identity][1], envelope_message(kind, payload), signature):
                valid[identity] = signers[identity][0]
    need(len(valid) >= threshold, f'too few trusted keys have signed ({len(valid)} of {threshold} needed)')
    return ', '.join(valid.values())

# ---- The whole check --------------------------------------------------------------------------------------------------

GOOD = {'archive': 'the archive is whole and safe to open', 'manifest': 'every file is listed, is there, and has its SHA-256',
        'schema': 'every row has the form its schema says', 'commitments': 'the rows lead to the roots that are committed to',
        'figures': 'every figure was computed anew from the rows, and is as stated',
        'report': 'the report shows the figures as they are', 'signature': ''}
SCHEMA_KEYS = 'columns leaves_sha256 root rows secrets sha256 stands_for table withheld_sha256'.split()
FIGURE_KEYS = 'definition id label sql_sha256 table unit value'.split()

class Bundle:
    """The check of one bundle: what is wrong, by step; what was computed, by figure."""

    def __init__(self, path, trust):
        self.trust, self.digests, self.tables, self.figures = trust, {}, {}, []
        self.problems, self.signature, self.signers = {step: [] for step in GOOD}, 'it is not signed', None
        self.guarded('archive', lambda: self.open(path))
        if self.problems['archive']:
            return
        for step, act in (('manifest', self.check_lists), ('schema', self.read_schemas), ('figures', self.read_figures),
                          ('schema', self.check_tables),
                          ('figures', self.check_figures), ('commitments', self.check_commitments),
                          ('report', self.check_report), ('signature', self.check_signature)):
            self.guarded(step, act)

    def wrong(self, step, text):
        self.problems[step].append(text)

    def guarded(self, step, act):
        try:
            act()
        except Wrong as error:
            self.wrong(step, str(error))
        except (RecursionError, MemoryError):
            self.wrong(step, 'a file is nested too deep, or holds more than this machine can')

    def open(self, path):
        self.files = Archive(path)
        names = self.files.names
        self.payload = [name for name in names if name.startswith('data/')]
        for name in names:
            digest = hashlib.sha256()
            for chunk in self.files.chunks(name):
                digest.update(chunk)
            self.digests[name] = digest.hexdigest()
        # Other formats and versions are refused by name, not as damaged bundles of this one.
        need('data/reply.json' not in names, 'this is an answer to a publication; tocsin-verify checks those')
        schemas = [name for name in names if re.fullmatch(r'data/tables/[^/]+\.schema\.json', name)]
        if COMMITMENTS in names:
            found = re.search(rb'"schema":"tocsin-commitments-([0-9]{1,9})"', self.files.read(COMMITMENTS))
            need(not found or found[1] != b'1', 'this is a bundle of format version 1, which is not read any more')
            need(not found or found[1] == b'2', 'this is a bundle of another format version than 2, which is the one that is read')
        elif FIGURES in names:
            need(not schemas or any(b'"root"' in self.files.read(name) for name in schemas),
                 'this is a bundle of format version 1, which is not read any more')

    def read_list(self, name, step='manifest'):
        listed, lines = {}, self.files.read(name).decode('utf-8', 'replace').split('\n')
        if lines.pop() != '':
            self.wrong(step, f'{name}: the last line has no end')
        for at, line in enumerate(lines):
            found = re.fullmatch('([0-9a-f]{64})  ([^\r]+)', line)
            if not found or found[2] in listed:
                self.wrong(step, f'{name}, line {at + 1}: not a digest, two spaces and a name of its own')
            else:
                listed[found[2]] = found[1]
        return listed

    def compare(self, name, listed, needed):
        for file, digest in listed.items():
            if self.digests.get(file) != digest:
                self.wrong('manifest', f'{printable(file)} is missing, or has not the SHA-256 in {name}')
        for file in needed:
            if file not in listed:
                self.wrong('manifest', f'{printable(file)} is not listed in {name}')

    def check_lists(self):
        if self.files.read('bagit.txt') != b'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n':
            self.wrong('manifest', 'bagit.txt is not the declaration of a BagIt 1.0 bag')
        tags, manifest = self.read_list(TAGS), self.read_list(MANIFEST)
        self.compare(TAGS, tags, ['bagit.txt', MANIFEST])
        self.compare(MANIFEST, manifest, self.payload)
        for name in self.files.names:
            if name not in tags and name not in manifest and name != TAGS:
                self.wrong('manifest', f'{printable(name)} is there but listed nowhere')

    def read_schemas(self):
        for file in self.payload:
            found = re.fullmatch(r'data/tables/([^/]+)\.schema\.json', file)
            if found:
                schema = parse(self.files.read(file), file)
                need(is_schema(schema, found[1]) and f'data/tables/{found[1]}.ndjson' in self.digests,
                     f'{printable(file)} is no schema, or there are no rows to it')
                shown = [(item['name'], item['type']) for item in schema['columns'] if schema['secrets'][item['name']]]
                self.tables[found[1]] = {'schema': schema, 'types': dict(shown), 'rows': 0, 'is_whole': False,
                                         'cells': {name: [] for name, _ in shown}}

    def read_figures(self):
        content = self.files.read(FIGURES)
        value = parse(content, FIGURES)
        if canonical(value).encode() + b'\n' != content:
            self.wrong('figures', f'{FIGURES} is not in canonical form')
        need(type(value) is dict and sorted(value) == ['commits', 'figures', 'schema'] and type(value['figures']) is list
             and value['schema'] == 'tocsin-figures-1' and type(value['commits']) is dict, f'{FIGURES} is none')
        others = (name for name in self.payload if not name.startswith(ATTESTATIONS))
        self.compare(FIGURES, value['commits'], set(others) - {FIGURES, FIGURE_DIGESTS, COMMITMENTS})
        digests = self.read_list(FIGURE_DIGESTS, 'figures')
        for stated in value['figures']:
            need(type(stated) is dict and sorted(stated) == FIGURE_KEYS and re.fullmatch(
                '[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}', str(stated['id'])) and all(
                type(stated[key]) is str for key in FIGURE_KEYS if key not in ('definition', 'value')),
                f'{FIGURES}: a figure has not the keys of one')
            meant = canonical({key: stated[key] for key in ('id', 'label', 'unit', 'definition', 'table')})
            if digests.pop(stated['id'], None) != sha256(meant.encode()):
                self.wrong('figures', f"figure {stated['id']}: its meaning or its digest was changed, or it stands twice")
            self.figures.append({'stated': stated, 'status': 'not verifiable', 'computed': None})
        if digests:
            self.wrong('figures', f'{FIGURE_DIGESTS} has the digest of a figure that is not there')

    def check_tables(self):
        for name in self.tables:
            self.guarded('schema', lambda: self.check_table(name))

    def check_table(self, name):
        table, path, place = self.tables[name], f'data/tables/{name}', f'table {name}'
        schema, columns = table['schema'], list(table['types'].items())
        order = [item['name'] for item in schema['columns']]
        hidden = 64 * (len(order) - len(columns))
        committers = {column: Column(name, column, bytes.fromhex(schema['secrets'][column])) for column, _ in columns}
        digests = {end: hashlib.sha256() for end in ('ndjson', 'leaves', 'withheld')}
        lines = {end: self.files.lines(f'{path}.{end}', digest) for end, digest in digests.items()}
        root, different = Root(), None
        for file in [f'{path}.leaves'] + [f'{path}.withheld'] * bool(hidden):
            need(file in self.digests, f'{file} is missing')
        for at, line in enumerate(lines['ndjson']):
            try:
                row, cells = read_row(line, columns)
            except Wrong as error:
                raise Wrong(f'{place}, row {at + 1}: {error}') from None
            withheld = next(lines['withheld'], b'') if hidden else b''
            need(re.fullmatch(b'[0-9a-f]{%d}' % hidden, withheld), f'{place}, row {at + 1}: a withheld cell is no commitment')
            given = iter(re.findall('.{64}', withheld.decode()))
            leaf = leaf_of([committers[column].commit(at, cells[column]) if column in cells else bytes.fromhex(next(given))
                            for column in order])
            root.add(leaf)
            if next(lines['leaves'], None) != leaf.hex().encode() and different is None:
                different = at + 1
            for column, kind in columns:
                table['cells'][column].append(evaluable(row[column], kind))
            table['rows'] += 1
        table['is_whole'] = True
        more = sum(1 for _ in lines['leaves'])
        if different or more:
            self.wrong('commitments', f"{place}, row {different or table['rows'] + 1} was changed, or one was added or left out")
        if table['rows'] != schema['rows']:
            self.wrong('commitments', f"{place} has {table['rows']} rows, its schema says {schema['rows']}")
        if hidden and (next(lines['withheld'], None), digests['withheld'].hexdigest()) != (None, schema['withheld_sha256']):
            self.wrong('commitments', f'the withheld cells of {place} are not those its schema commits to')
        if (digests['ndjson'].hexdigest(), digests['leaves'].hexdigest()) != (schema['sha256'], schema['leaves_sha256']):
            self.wrong('commitments', f'the rows or leaves of {place} are not those its schema commits to')
        if root.hex() != schema['root']:
            self.wrong('commitments', f'the rows of {place} do not lead to the root that is committed to')

    def check_figures(self):
        types = {name: table['types'] for name, table in self.tables.items()}
        for figure in self.figures:
            stated, definition = figure['stated'], figure['stated']['definition']
            try:
                check_definition(definition, types)
                table = self.tables[definition['table']]
                need(definition['table'] == stated['table'], 'its table is not that of its definition')
                need(table['is_whole'], 'its table cannot be read whole')
                figure['computed'] = compute(definition, table['cells'], table['rows'])
            except (Wrong, Undefined) as error:
                self.wrong('figures', f"figure {stated['id']} cannot be checked: {' at '.join(map(printable, error.args))}")
                continue
            figure['status'] = 'verified' if canonical(figure['computed']) == canonical(stated['value']) else 'MISMATCH'
            if figure['status'] == 'MISMATCH':
                self.wrong('figures', f"figure {stated['id']} is stated as {printable(stated['value'])}, "
                                      f"the rows give {printable(figure['computed'])}")

    def check_commitments(self):
        own = {name: self.digests[name] for name in self.payload
               if name != COMMITMENTS and not name.startswith(ATTESTATIONS)}
        roots = {name: {key: table['schema'][key] for key in ('root', 'rows')} for name, table in self.tables.items()}
        due = canonical({'schema': 'tocsin-commitments-2', 'files': own, 'tables': roots})
        need(self.files.read(COMMITMENTS) == due.encode() + b'\n',
             f'{COMMITMENTS} is not what the files and tables of the bundle give')

    def check_report(self):
        values = {figure['stated']['id']: figure['stated']['value'] for figure in self.figures}
        copy = parse(self.files.read('data/investigation.json'), 'data/investigation.json')
        copied = copy.get('figures') if type(copy) is dict else None
        stated = sorted(canonical(figure['stated']) for figure in self.figures)
        if type(copied) is not list or sorted(map(canonical, copied)) != stated:
            self.wrong('report', 'the figures in data/investigation.json are not those in data/figures.json')
        try:
            shown = shown_figures(self.files.read('data/report.html').decode('utf-8'))
        except ValueError:
            raise Wrong('data/report.html is not UTF-8') from None
        due = parse(self.files.read('data/report-figures.json'), 'data/report-figures.json')
        if due != [{'figure': figure, 'text': text} for figure, _, text in shown]:
            self.wrong('report', 'the report shows other figures or texts than data/report-figures.json lists')
        for at, (figure, value, text) in enumerate(shown):
            if figure not in values or value != canonical(values[figure]):
                self.wrong('report', f'number {at + 1} of the report is no figure of the bundle, or carries another value')
            elif type(values[figure]) is int and not can_stand_for(text, values[figure]):
                self.wrong('report', f'the report shows {printable(text)} for figure {figure}, which is {values[figure]}')

    def check_signature(self):
        need(STATEMENT in self.files.names or self.trust is None, 'it is not signed')
        if STATEMENT in self.files.names:
            self.signers = check_signature(self.files.read(STATEMENT), self.digests.get(COMMITMENTS), self.trust)
            self.signature = f'signed by {self.signers}' if self.signers else 'it is signed; whom to trust was not given (--keys)'

    def result(self):
        """Whether all holds, a verdict in words, and (step, outcome, text) of every step."""
        steps, failed = [], [step for step, problems in self.problems.items() if problems]
        for step, problems in self.problems.items():
            outcome = 'FAILED' if problems else 'not judged' if 'archive' in failed else 'ok'
            text = '; '.join(problems[:5]) + (f'; and {len(problems) - 5} more' if len(problems) > 5 else '')
            if step == 'signature' and outcome == 'ok':
                outcome, text = 'ok' if self.signers else 'not judged', self.signature
            steps.append((step, outcome, text or GOOD[step] * (outcome == 'ok')))
        if not failed:
            return True, 'Every figure follows from the published rows' + (
                ', and the publication is the one that was signed by somebody you trust.' if self.signers else
                '. Who published them was not checked.'), steps
        if any('a bundle of' in text and 'format version' in text for text in self.problems['archive']):
            return False, ('This bundle is of another version of the format than is read here. '
                           'What it says was not checked.'), steps
        if 'archive' in failed:
            return False, 'This file cannot be read as a bundle, or is not safe to open.', steps
        if failed == ['signature']:
            return False, 'The figures may follow from the rows, but nobody you trust has signed this.', steps
        if failed == ['figures'] and all('no tz database' in text for text in self.problems['figures']):
            return False, 'What could be checked here holds, but local times could not be: there is no tz database.', steps
        if any(figure['status'] == 'MISMATCH' for figure in self.figures):
            return False, 'Figures of this publication do not follow from its rows. Do not rely on it.', steps
        return False, 'This publication was changed after it was made, or is not whole. Do not rely on it.', steps

def is_schema(schema, table):
    if type(schema) is not dict or sorted(schema) != SCHEMA_KEYS or schema['table'] != table or not NAME.fullmatch(table):
        return False
    columns, secrets, standing = schema['columns'], schema['secrets'], schema['stands_for']
    if type(columns) is not list or not 1 <= len(columns) <= 256 or type(secrets) is not dict or type(standing) is not dict:
        return False
    if not all(type(item) is dict and set(item) - {'unit'} == {'name', 'type', 'meaning'} and NAME.fullmatch(str(item['name']))
               and all(type(part) is str for part in item.values()) and item['type'] in TYPES for item in columns):
        return False
    names = [item['name'] for item in columns]
    hidden = [name for name in names if secrets.get(name) is None]
    digests = [schema[key] for key in ('root', 'sha256', 'leaves_sha256')] + [
        value for value in (schema['withheld_sha256'], *secrets.values()) if value is not None]
    return (sorted(secrets) == sorted(names) == sorted(set(names)) and all(map(is_id, digests))
            and type(schema['rows']) is int and 0 <= schema['rows'] <= SAFE
            and bool(hidden) == (schema['withheld_sha256'] is not None)
            and all(name in names and name not in hidden and behind in hidden for name, behind in standing.items()))

def evaluate_stream():
    """A line of JSON in (columns, rows, definitions), a line out (value or refusal of each): for tests and the curious."""
    for line in sys.stdin.buffer:
        case, answers = parse(line, 'the case'), []
        types = {item['name']: item['type'] for item in case['columns']}
        table = {name: [evaluable(row[name], kind) for row in case['rows']] for name, kind in types.items()}
        for definition in case['definitions']:
            try:
                check_definition(definition, {'rows': types})
                answers.append({'value': compute(definition, table, len(case['rows']))})
            except (Wrong, Undefined) as error:
                answers.append({'refused': list(error.args)})
        sys.stdout.buffer.write(canonical(answers).encode() + b'\n')
        sys.stdout.buffer.flush()

class Arguments(argparse.ArgumentParser):
    def error(self, message):
        self.exit(1, f'{self.format_usage()}{message}\n')

def main():
    arguments = Arguments(description='Checks a bundle of Tocsin: recomputes every commitment and figure from its rows.')
    arguments.add_argument('bundle', nargs='?', help='the .zip archive')
    arguments.add_argument('--keys', help="whom you trust: a publisher's keys.json from a source you trust, or its trust.json")
    arguments.add_argument('--root', help='id of the recovery key that keys.json must go back to')
    arguments.add_argument('--json', action='store_true', help='everything as JSON')
    arguments.add_argument('--evaluate', action='store_true', help=argparse.SUPPRESS)
    given, trust = arguments.parse_args(), None
    sys.stdout.reconfigure(encoding='utf-8', errors='backslashreplace')
    if given.evaluate:
        return evaluate_stream()
    if given.bundle is None:
        arguments.error('name a bundle')
    try:
        if given.keys is not None:
            with open(given.keys, 'rb') as file:
                trust = trust_of(file.read(), given.root)
        bundle = Bundle(given.bundle, trust)
    except Wrong as error:
        return f'{given.keys} does not say whom to trust: {error}'
    except OSError as error:
        return f'Cannot be read: {error.filename} ({error.strerror})'
    is_verified, verdict, steps = bundle.result()
    if given.json:
        print(canonical({'verified': is_verified, 'verdict': verdict, 'steps': [
            {'name': name, 'outcome': outcome, 'text': text} for name, outcome, text in steps], 'figures': [
            {'id': figure['stated']['id'], 'status': figure['status'], 'stated': figure['stated']['value'],
             'computed': figure['computed']} for figure in bundle.figures]}))
    else:
        print(('VERIFIED: ' if is_verified else 'FAILED: ') + verdict)
        for name, outcome, text in steps:
            print(f'{outcome:10}  {name:11}  {printable(text, 900)}')
        print('The proof of the log was not judged: tocsin-verify does that.')
    return 0 if is_verified else 1

if __name__ == '__main__':
    sys.exit(main())
