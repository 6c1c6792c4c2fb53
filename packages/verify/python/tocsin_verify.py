#!/usr/bin/env python3
"""Checks a bundle of Tocsin (format version 2, docs/bundle.md) with nothing but Python 3.9 and its standard library.

    python3 tocsin_verify.py BUNDLE [--keys keys.json] [--root ID] [--json]

For readers who trust neither Tocsin's database nor its TypeScript: one file that can be read in an evening. It takes the
archive or the unpacked folder; recomputes every commitment and every figure from the rows; prints a verdict, then a line a
step. Exits 0 when all holds, 1 otherwise. It does not judge the log's proof: tocsin-verify does.
"""
import argparse, base64, hashlib, json, mmap, os, re, struct, sys, unicodedata, zlib
from datetime import datetime, timezone
try:
    import zoneinfo
except ImportError:  # Python 3.8 and before
    sys.exit('Python 3.9 or later is needed.')

SAFE, HELD, CHUNK, ROW_BYTES, FILE_BYTES = 2**53 - 1, 16_000_000, 65_536, 16 * 2**20, 512 * 2**20
FILES, TOTAL_BYTES = 4096, 16 * 2**30
DIGEST, NAME = re.compile('[0-9a-f]{64}'), re.compile('[a-z][a-z0-9_]{0,63}')
TAGS, MANIFEST, COMMITMENTS = 'tagmanifest-sha256.txt', 'manifest-sha256.txt', 'data/commitments.json'
FIGURES, FIGURE_DIGESTS, ATTESTATIONS = 'data/figures.json', 'data/figures.sha256', 'data/attestations/'
STATEMENT = ATTESTATIONS + 'statement.dsse.json'


class Wrong(Exception):
    """What does not hold, in words."""


class Undefined(Exception):
    """A definition that is none: a code and the place, as the TypeScript names them."""


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


# ---- The archive or folder --------------------------------------------------------------------------------------------

def safe_path(path):
    if not 0 < units(path) <= 255 or re.search(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|]', path):
        return False
    return all(part not in ('', '.', '..') for part in path.split('/'))


class Archive:
    """A zip archive: stored and deflated files only, one name once, headers held against the directory."""

    def __init__(self, data):
        self.data, self.entries, seen, places, total = data, {}, set(), [], 0
        directory, at, count, end_at = self.directory()
        for _ in range(count):
            if at + 46 > end_at or data[at:at + 4] != b'PK\1\2':
                raise Wrong('the archive is damaged')
            made, *repeated, crc, packed, size, names, extra, comment, disk, inner, outer, offset = struct.unpack_from(
                '<6H3I5H2I', data, at + 4)
            flags, method = repeated[1], repeated[2]
            name = self.name(data[at + 46:at + 46 + names])
            at += 46 + names + extra + comment
            if name.lower() in seen:
                raise Wrong(f'the archive holds one name twice: {printable(name)}')
            seen.add(name.lower())
            total += size
            if total > TOTAL_BYTES or 0xffffffff in (packed, size, offset):
                raise Wrong('the content is larger than the limit')
            if flags & 0x2041 or method not in (0, 8) or (method == 0 and size != packed):
                raise Wrong(f'{printable(name)}: only stored and deflated content, not encrypted, is read')
            # Where the header says that Tocsin wrote it, the fields beside must say so too.
            own = repeated in ([20, 0, 0, 0, 33], [20, 0, 8, 0, 33])
            if own and (made, extra, comment, disk, inner, outer) != (0x0314, 0, 0, 0, 0, 0o100644 << 16):
                raise Wrong(f'{printable(name)}: the archive is damaged')
            start = self.content_start(name, offset, directory, repeated, (crc, packed, size), own)
            if start + packed > directory:
                raise Wrong('files of the archive overlap')
            places.append((offset, start + packed, own))
            if not name.endswith('/'):
                self.entries[name] = (method, start, packed, size, crc)
        if at != end_at:
            raise Wrong('the archive is damaged')
        end = 0
        for offset, after, own in sorted(places):
            if offset < end or (own and offset > end):
                raise Wrong('files of the archive overlap, or leave a gap')
            end = after
        self.names = sorted(self.entries)

    def directory(self):
        data, length = self.data, len(self.data)
        at = length - 22
        while at >= max(0, length - 22 - 65_535):
            at = data.rfind(b'PK\5\6', 0, at + 4)
            if at < 0:
                break
            disk, first, here, count, size, offset, comment = struct.unpack_from('<4H2IH', data, at + 4)
            if at + 22 + comment == length:
                if 0xffff == count or 0xffffffff in (size, offset):
                    raise Wrong('archives of 4 GiB or more are not read')
                if disk or first or here != count or offset + size != at or count > FILES or size > FILES * 1024:
                    raise Wrong('the archive is damaged, or holds too many files')
                return offset, offset, count, at
            at -= 1
        raise Wrong('this is not a zip archive, or its end is missing')

    @staticmethod
    def name(raw):
        try:
            name = raw.decode('utf-8')
        except ValueError:
            raise Wrong('the archive holds an unsafe file name') from None
        if not safe_path(name[:-1] if name.endswith('/') else name):
            raise Wrong(f'the archive holds an unsafe file name: {printable(name)}')
        return name

    def content_start(self, name, offset, directory, repeated, sizes, own):
        if offset + 30 > directory:
            raise Wrong('the archive is damaged')
        mark, *again, crc, packed, size, names, extra = struct.unpack_from('<4s5H3I2H', self.data, offset)
        start = offset + 30 + names + extra
        later = repeated[1] & 8 and (crc, packed, size) == (0, 0, 0)
        if (mark, again, self.data[offset + 30:offset + 30 + names]) != (b'PK\3\4', repeated, name.encode()) or (
                not later and (crc, packed, size) != sizes) or (own and extra):
            raise Wrong(f'{printable(name)}: the archive says two things of it')
        return start

    def chunks(self, name):
        method, start, packed, size, crc = self.entries[name]
        inflate, found, length = zlib.decompressobj(-15), 0, 0
        for piece in self.pieces(start, start + packed, None if method == 0 else inflate):
            length += len(piece)
            if length > size:
                raise Wrong(f'{printable(name)}: the content is larger than the archive says')
            found = zlib.crc32(piece, found)
            yield piece
        if (length, found) != (size, crc) or (method == 8 and (not inflate.eof or inflate.unused_data)):
            raise Wrong(f"{printable(name)}: the content does not have the archive's checksum")

    def pieces(self, start, end, inflate):
        try:
            for at in range(start, end, CHUNK):
                packed = self.data[at:min(end, at + CHUNK)]
                piece = packed if inflate is None else inflate.decompress(packed, CHUNK)
                while piece:
                    yield piece
                    piece = b'' if inflate is None else inflate.decompress(inflate.unconsumed_tail, CHUNK)
        except zlib.error:
            raise Wrong('the content does not decompress') from None


class Folder:
    """An unpacked bundle: plain files only."""

    def __init__(self, path):
        self.path, self.names = path, []
        for place, folders, files in os.walk(path):
            for name in folders + files:
                if os.path.islink(os.path.join(place, name)):
                    raise Wrong(f'{printable(name)}: a link, not a plain file')
            for name in files:
                if not os.path.isfile(os.path.join(place, name)) or len(self.names) >= FILES:
                    raise Wrong(f'{printable(name)}: no plain file, or one too many')
                self.names.append(os.path.relpath(os.path.join(place, name), path).replace(os.sep, '/'))
        self.names.sort()

    def chunks(self, name):
        with open(os.path.join(self.path, name), 'rb') as file:
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    return
                yield chunk


class Files:
    """The files of a bundle seen from the folder that holds bagit.txt."""

    def __init__(self, held):
        self.held, self.root = held, ''
        if 'bagit.txt' not in held.names:
            self.root = held.names[0].split('/')[0] + '/' if held.names and '/' in held.names[0] else '?'
        if not all(name.startswith(self.root) for name in held.names) or self.root + 'bagit.txt' not in held.names:
            raise Wrong('this is not a bundle: it has no bagit.txt')
        self.names = [name[len(self.root):] for name in held.names]

    def chunks(self, name):
        return self.held.chunks(self.root + name)

    def read(self, name):
        if name not in self.names:
            raise Wrong(f'{name} is missing')
        content = bytearray()
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > FILE_BYTES:
                raise Wrong(f'{name} is too large')
        return bytes(content)

    def lines(self, name, digest):
        """Lines without their newline; the last must have one."""
        rest = b''
        for chunk in self.chunks(name):
            digest.update(chunk)
            *complete, rest = (rest + chunk).split(b'\n')
            if len(rest) > ROW_BYTES:
                raise Wrong(f'{name}: a line of more than {ROW_BYTES} bytes')
            yield from complete
        if rest:
            raise Wrong(f'{name}: the last line has no end')


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
    """The cells of a line as JSON, and the row; raises what is wrong."""
    row = parse(line, 'the line')
    if type(row) is not dict or list(row) != [name for name, _ in columns]:
        raise Wrong('its columns are not those of the schema')
    for name, kind in columns:
        if not is_cell(row[name], kind):
            raise Wrong(f'column {name} does not conform')
    cells = {name: canonical(row[name]) for name in row}
    if ('{' + ','.join(f'"{name}":{cell}' for name, cell in cells.items()) + '}').encode('utf-8') != line:
        raise Wrong('it is not written in the one form of a row')
    return cells, row


def evaluable(row, columns):
    """The row with its integers as numbers, however they are written."""
    return {**row, **{name: integer(row[name]) for name, kind in columns if kind == 'integer' and row[name] is not None}}


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

SCALAR, TEXTUAL = ('text', 'integer', 'address', 'time'), ('text', 'address', 'time')
ZONE = re.compile('UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[A-Za-z0-9_+/-]{1,50}')


def undefined(code, at):
    raise Undefined(code, at or 'definition')


def fields(value, at, required, optional=()):
    if type(value) is not dict:
        undefined('not-an-object', at)
    dot = at + '.' if at else ''
    for key in value:
        if key not in required and key not in optional:
            undefined('unknown-key', dot + key[:64])
    for key in required:
        if key not in value:
            undefined('missing-key', dot + key)
    return value


def op_of(value, at):
    if type(value) is not dict:
        undefined('not-an-object', at)
    return value['op'] if 'op' in value else undefined('missing-key', at + '.op')


def is_text(value):
    return type(value) is str and len(value) <= 4096 and units(value) <= 4096 and well_formed(value)


class Check:
    """Refuses a definition with the first thing that is wrong with it."""

    def __init__(self, types):
        self.types = types

    def column(self, name, at, allowed):
        if type(name) is not str or not NAME.fullmatch(name) or name not in self.types:
            undefined('unknown-column', at)
        if self.types[name] not in allowed:
            undefined('wrong-column-type', at)
        return self.types[name]

    def literal(self, value, at, kind):
        is_number = type(value) in (int, float)
        if (type(value) is not int or abs(value) > SAFE) if is_number else not is_text(value):
            undefined('bad-literal', at)
        if is_number != (kind == 'integer'):
            undefined('bad-literal', at)

    def filters(self, value, at):
        if type(value) is not list:
            undefined('bad-literal', at)
        if len(value) > 64:
            undefined('out-of-range', at)
        for index, item in enumerate(value):
            self.filter(item, f'{at}[{index}]')

    def filter(self, value, at):
        op = op_of(value, at)
        if op == '=':
            fields(value, at, ('op', 'column', 'value'))
            kind = self.column(value['column'], at + '.column', SCALAR)
            self.literal(value['value'], at + '.value', kind)
        elif op == 'in':
            fields(value, at, ('op', 'column', 'values'))
            kind, values = self.column(value['column'], at + '.column', SCALAR), value['values']
            if type(values) is not list:
                undefined('bad-literal', at + '.values')
            if not 1 <= len(values) <= 1000:
                undefined('out-of-range', at + '.values')
            for index, item in enumerate(values):
                self.literal(item, f'{at}.values[{index}]', kind)
        elif op == 'range':
            fields(value, at, ('op', 'column'), ('from', 'to'))
            kind = self.column(value['column'], at + '.column', SCALAR)
            if 'from' not in value and 'to' not in value:
                undefined('missing-key', at + '.from')
            for end in ('from', 'to'):
                if end in value:
                    self.literal(value[end], f'{at}.{end}', kind)
        elif op == 'cidr':
            fields(value, at, ('op', 'column', 'prefix'))
            self.column(value['column'], at + '.column', ('text', 'address'))
            if type(value['prefix']) is not str or prefix_of(value['prefix']) is None:
                undefined('bad-literal', at + '.prefix')
        elif op == 'prefix':
            fields(value, at, ('op', 'column', 'text'))
            self.column(value['column'], at + '.column', TEXTUAL)
            if not is_text(value['text']):
                undefined('bad-literal', at + '.text')
        else:
            undefined('unknown-op', at + '.op')

    def measure(self, value, at):
        op = op_of(value, at)
        if op == 'share':
            self.filters(fields(value, at, ('op', 'of'))['of'], at + '.of')
        elif op in ('min', 'max'):
            self.column(fields(value, at, ('op', 'column'))['column'], at + '.column', SCALAR)
        elif op == 'quantile':
            fields(value, at, ('op', 'column', 'perMille'))
            self.column(value['column'], at + '.column', ('integer',))
            whole_number(value['perMille'], at + '.perMille', 0, 1000)
        elif op == 'top':
            fields(value, at, ('op', 'by', 'k', 'measure'))
            self.column(value['by'], at + '.by', SCALAR)
            whole_number(value['k'], at + '.k', 1, 1000)
            self.amount(value['measure'], at + '.measure')
        elif op == 'histogram':
            fields(value, at, ('op', 'column', 'per', 'zone'))
            self.column(value['column'], at + '.column', ('time',))
            if value['per'] not in ('hour', 'weekday', 'hour-of-week', 'day'):
                undefined('bad-literal', at + '.per')
            if type(value['zone']) is not str or zone_of(value['zone']) is None:
                undefined('unknown-zone', at + '.zone')
        else:
            self.amount(value, at)

    def amount(self, value, at):
        op = op_of(value, at)
        if op == 'count':
            fields(value, at, ('op',))
        elif op in ('sum', 'distinct'):
            allowed = ('integer',) if op == 'sum' else SCALAR
            self.column(fields(value, at, ('op', 'column'))['column'], at + '.column', allowed)
        else:
            undefined('unknown-op', at + '.op')


def whole_number(value, at, lowest, highest):
    if type(value) is not int:
        undefined('bad-literal', at)
    if not lowest <= value <= highest:
        undefined('out-of-range', at)


def zone_of(name):
    try:
        return zoneinfo.ZoneInfo(name) if ZONE.fullmatch(name) else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def check_definition(value, tables):
    """Refuses what is no definition over these tables (their columns' types by name)."""
    fields(value, '', ('table', 'where', 'measure'))
    if type(value['table']) is not str or not NAME.fullmatch(value['table']):
        undefined('bad-literal', 'table')
    if value['table'] not in tables:
        undefined('unknown-table', 'table')
    check = Check(tables[value['table']])
    check.filters(value['where'], 'where')
    check.measure(value['measure'], 'measure')


# ---- Figures: their values --------------------------------------------------------------------------------------------
# Text is compared as Python does, by code points, which is the order of the UTF-8 bytes.

def row_test(filters):
    tests = [(item['column'], cell_test(item)) for item in filters]
    return lambda row: all(row[column] is not None and holds(row[column]) for column, holds in tests)


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


class Count:
    def __init__(self, _):
        self.total = 0

    def add(self, row):
        self.total += 1

    def value(self):
        return out(self.total)


class Sum(Count):
    def __init__(self, measure):
        self.total, self.column = 0, measure['column']

    def add(self, row):
        self.total += row[self.column] or 0


class Distinct(Count):
    def __init__(self, measure):
        self.column, self.cells = measure['column'], set()

    total = property(lambda self: len(self.cells))

    def add(self, row):
        if row[self.column] is not None:
            self.cells.add(bounded(row[self.column], self.cells))


def bounded(cell, held):
    if len(held) >= HELD and cell not in held:
        raise Wrong('more different cells than can be held')
    return cell


class Extreme:
    def __init__(self, measure):
        self.column, self.pick, self.best = measure['column'], min if measure['op'] == 'min' else max, None

    def add(self, row):
        cell = row[self.column]
        if cell is not None:
            self.best = cell if self.best is None else self.pick(self.best, cell)

    def value(self):
        return out(self.best) if type(self.best) is int else self.best


class Share:
    def __init__(self, measure):
        self.of, self.part, self.whole = row_test(measure['of']), 0, 0

    def add(self, row):
        self.whole += 1
        self.part += self.of(row)

    def value(self):
        return {'part': self.part, 'whole': self.whole}


class Quantile:
    def __init__(self, measure):
        self.column, self.per_mille, self.counts = measure['column'], measure['perMille'], {}

    def add(self, row):
        cell = row[self.column]
        if cell is not None:
            self.counts[bounded(cell, self.counts)] = self.counts.get(cell, 0) + 1

    def value(self):
        left = max(1, -(-sum(self.counts.values()) * self.per_mille // 1000))
        for cell in sorted(self.counts):
            left -= self.counts[cell]
            if left <= 0:
                return out(cell)
        return None


class Top:
    def __init__(self, measure):
        self.by, self.k, self.measure, self.groups = measure['by'], measure['k'], measure['measure'], {}

    def add(self, row):
        key = row[self.by]
        if key is not None:
            if key not in self.groups:
                self.groups[bounded(key, self.groups)] = measured(self.measure)
            self.groups[key].add(row)

    def value(self):
        ranked = sorted((-group.total, str(key), group) for key, group in self.groups.items())
        return [{'key': key, 'value': group.value()} for _, key, group in ranked[:self.k]]


class Histogram:
    def __init__(self, measure):
        self.column, self.per, self.zone, self.counts = measure['column'], measure['per'], zone_of(measure['zone']), {}

    def add(self, row):
        if row[self.column] is not None:
            local = moment(row[self.column]).astimezone(self.zone)
            weekday = local.isoweekday()
            key = {'hour': f'{local.hour}', 'weekday': f'{weekday}', 'hour-of-week': f'{weekday} {local.hour:02}',
                   'day': f'{local.year:04}-{local.month:02}-{local.day:02}'}[self.per]
            self.counts[key] = self.counts.get(key, 0) + 1

    def value(self):
        keys = {'hour': map(str, range(24)), 'weekday': map(str, range(1, 8))}.get(self.per) or sorted(self.counts)
        return [{'key': key, 'value': self.counts.get(key, 0)} for key in keys]


MEASURES = {'count': Count, 'sum': Sum, 'distinct': Distinct, 'min': Extreme, 'max': Extreme, 'share': Share,
            'quantile': Quantile, 'top': Top, 'histogram': Histogram}


def measured(measure):
    return MEASURES[measure['op']](measure)


class Figure:
    """Takes every row once, then tells the value."""

    def __init__(self, definition):
        self.matches, self.inner, self.failure = row_test(definition['where']), measured(definition['measure']), None

    def add(self, row):
        if self.failure is None and self.matches(row):
            try:
                self.inner.add(row)
            except Wrong as error:
                self.failure = str(error)


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


def need(holds, what):
    if not holds:
        raise Wrong(what)


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


def check_signature(files, digests, trust):
    """Who signed the commitments, in words; raises what does not hold."""
    envelope = parse(files.read(STATEMENT), 'the envelope')
    try:
        payload, listed = unbase64(envelope['payload'], 'the envelope', True), envelope['signatures']
        signatures = [(item.get('keyid') or '', unbase64(item['sig'], 'a signature', True)) for item in listed]
        statement = parse(payload, 'the statement')
        need(statement['_type'] == 'https://in-toto.io/Statement/v1' and len(statement['subject']) == 1
             and statement['predicateType'] == 'urn:tocsin:publication:2'
             and statement['subject'][0]['name'] == COMMITMENTS
             and statement['subject'][0]['digest']['sha256'] == digests.get(COMMITMENTS),
             'the signed statement is about another publication')
        need(envelope['payloadType'] == 'application/vnd.in-toto+json' and 1 <= len(signatures) <= 32,
             'the envelope holds another type of payload, or too many signatures')
    except (KeyError, TypeError, AttributeError, IndexError):
        raise Wrong('the envelope or its statement is malformed') from None
    if trust is None:
        return None
    signers, threshold = trust
    message, valid = envelope_message(envelope['payloadType'], payload), {}
    for hint, signature in signatures:
        for identity in [hint] if hint in signers else signers:
            if is_signed(signers[identity][1], message, signature):
                valid[identity] = signers[identity][0]
                break
    need(len(valid) >= threshold, f'too few trusted keys have signed ({len(valid)} of {threshold} needed)')
    return 'signed by ' + ', '.join(valid[identity] for identity in signers if identity in valid)


# ---- The whole check --------------------------------------------------------------------------------------------------

GOOD = {'archive': 'the archive is whole and safe to open', 'manifest': 'every file is listed, is there, and has its SHA-256',
        'schema': 'every row has the form its schema says', 'commitments': 'the rows lead to the roots that are committed to',
        'figures': 'every figure was computed anew from the rows, and is as stated',
        'report': 'the report shows the figures as they are', 'signature': ''}


class Bundle:
    """The check of one bundle: collects what is wrong by step."""

    def __init__(self, path, trust):
        self.trust, self.digests, self.tables, self.figures = trust, {}, {}, []
        self.problems, self.unjudged = {step: [] for step in GOOD}, {}
        try:
            self.open(path)
            self.check()
        except Wrong as error:
            self.problems['archive'].append(str(error))
        except RecursionError:
            self.problems['archive'].append('a file is nested too deep')

    def wrong(self, step, text):
        self.problems[step].append(text)

    def open(self, path):
        if os.path.isdir(path):
            self.files = Files(Folder(path))
            return
        with open(path, 'rb') as file:
            need(os.path.getsize(path) >= 22, 'this is not a zip archive, or its end is missing')
            self.files = Files(Archive(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))

    def check(self):
        files = self.files
        for name in files.names:
            digest = hashlib.sha256()
            for chunk in files.chunks(name):
                digest.update(chunk)
            self.digests[name] = digest.hexdigest()
        self.refuse_other_versions()
        self.check_lists()
        self.guarded('schema', self.read_schemas)
        self.guarded('figures', self.read_figures)
        for table in self.tables.values():
            self.guarded('schema', lambda: self.check_table(table))
        for figure in self.figures:
            self.judge(figure)
        self.guarded('commitments', self.check_commitments)
        self.guarded('report', self.check_report)
        if STATEMENT not in files.names:
            self.unjudged['signature'] = 'it is not signed'
            if self.trust is not None:
                self.wrong('signature', 'it is not signed')
        else:
            self.guarded('signature', self.check_signature)

    def guarded(self, step, act):
        try:
            act()
        except Wrong as error:
            self.wrong(step, str(error))

    def refuse_other_versions(self):
        """A bundle of another version is refused by name, not as a damaged one of this."""
        names = self.files.names
        need('data/reply.json' not in names, 'this is an answer to a publication; tocsin-verify checks those')
        if COMMITMENTS in names:
            found = re.search(rb'"schema":"tocsin-commitments-([0-9]{1,9})"', self.files.read(COMMITMENTS))
            need(not found or found[1] == b'2', 'this is a bundle of another format version than 2')
        elif any(name.startswith('data/tables/') and name.endswith('.schema.json') and
                 b'"root"' not in self.files.read(name) for name in names):
            raise Wrong('this is a bundle of format version 1, which is not read any more')

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
                self.wrong('manifest', f'{printable(file)} is missing, or is not what {name} says')
        for file in needed:
            if file not in listed:
                self.wrong('manifest', f'{printable(file)} is not listed in {name}')

    def check_lists(self):
        for name in ('bagit.txt', TAGS, MANIFEST):
            need(name in self.digests, f'{name} is missing')
        if self.files.read('bagit.txt') != b'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n':
            self.wrong('manifest', 'bagit.txt is not the declaration of a BagIt 1.0 bag')
        tags, manifest = self.read_list(TAGS), self.read_list(MANIFEST)
        self.payload = [name for name in self.files.names if name.startswith('data/')]
        self.compare(TAGS, tags, ['bagit.txt', MANIFEST])
        self.compare(MANIFEST, manifest, self.payload)
        for name in self.files.names:
            if name not in tags and name not in manifest and name != TAGS:
                self.wrong('manifest', f'{printable(name)} is there but listed nowhere')

    def read_schemas(self):
        for file in self.payload:
            found = re.fullmatch('data/tables/([^/]+)\\.schema\\.json', file)
            if found:
                self.tables[found[1]] = self.read_schema(found[1], parse(self.files.read(file), file))

    def read_schema(self, name, schema):
        place = f'table {printable(name)}'
        keys = 'columns leaves_sha256 root rows secrets sha256 stands_for table withheld_sha256'.split()
        need(type(schema) is dict and sorted(schema) == keys and schema['table'] == name and NAME.fullmatch(name)
             and f'data/tables/{name}.ndjson' in self.digests, f'{place}: its schema is none, or has no rows')
        columns, secrets, standing = schema['columns'], schema['secrets'], schema['stands_for']
        need(type(schema['rows']) is int and 0 <= schema['rows'] <= SAFE, f'{place}: rows is no count')
        need(all(is_id(schema[key]) for key in ('root', 'sha256', 'leaves_sha256'))
             and (schema['withheld_sha256'] is None or is_id(schema['withheld_sha256'])), f'{place}: a digest is none')
        need(type(columns) is list and 1 <= len(columns) <= 256 and all(
            type(item) is dict and set(item) - {'unit'} == {'name', 'type', 'meaning'} and
            all(type(part) is str for part in item.values()) and NAME.fullmatch(item['name']) and
            item['type'] in SCALAR + ('texts',) for item in columns), f'{place}: a column is none')
        names = [item['name'] for item in columns]
        need(type(secrets) is dict and sorted(secrets) == sorted(set(names)) == sorted(names) and
             all(value is None or is_id(value) for value in secrets.values()), f'{place}: secrets are not one a column')
        hidden = [column for column in names if secrets[column] is None]
        need(bool(hidden) == (schema['withheld_sha256'] is not None), f'{place}: withheld_sha256 does not fit the secrets')
        need(type(standing) is dict and all(column in names and column not in hidden and behind in hidden
                                            for column, behind in standing.items()), f'{place}: stands_for is wrong')
        shown = [(item['name'], item['type']) for item in columns if item['name'] not in hidden]
        return {'schema': schema, 'columns': shown, 'hidden': hidden, 'names': names, 'figures': [], 'whole': True}

    def read_figures(self):
        content = self.files.read(FIGURES)
        value = parse(content, FIGURES)
        if canonical(value).encode('utf-8', 'surrogatepass') + b'\n' != content:
            self.wrong('figures', f'{FIGURES} is not in canonical form')
        need(type(value) is dict and sorted(value) == ['commits', 'figures', 'schema'] and
             value['schema'] == 'tocsin-figures-1' and type(value['commits']) is dict and
             type(value['figures']) is list, f'{FIGURES} is none')
        others = [name for name in self.payload if not name.startswith(ATTESTATIONS)
                  and name not in (FIGURES, FIGURE_DIGESTS, COMMITMENTS)]
        self.compare(FIGURES, value['commits'], others)
        keys, ids = ['definition', 'id', 'label', 'sql_sha256', 'table', 'unit', 'value'], set()
        for figure in value['figures']:
            need(type(figure) is dict and sorted(figure) == keys and all(
                type(figure[key]) is str for key in ('id', 'label', 'unit', 'table', 'sql_sha256')) and
                re.fullmatch('[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}', figure['id']) and figure['id'] not in ids,
                f'{FIGURES}: a figure has not the keys of one, or no id of its own')
            ids.add(figure['id'])
            self.figures.append({'stated': figure, 'status': 'not verifiable', 'computed': None, 'why': None})
        digests = self.read_list(FIGURE_DIGESTS, 'figures')
        for figure in self.figures:
            stated = figure['stated']
            meant = canonical({key: stated[key] for key in ('id', 'label', 'unit', 'definition', 'table')})
            if digests.pop(stated['id'], None) != sha256(meant.encode('utf-8', 'surrogatepass')):
                self.wrong('figures', f"figure {stated['id']}: its meaning or its digest was changed")
            self.prepare(figure)
        if digests:
            self.wrong('figures', f'{FIGURE_DIGESTS} has the digest of a figure that is not there')

    def prepare(self, figure):
        stated = figure['stated']
        try:
            types = {name: dict(table['columns']) for name, table in self.tables.items()}
            check_definition(stated['definition'], types)
            if stated['definition']['table'] != stated['table']:
                undefined('unknown-table', 'table')
            figure['held'] = Figure(stated['definition'])
            self.tables[stated['table']]['figures'].append(figure['held'])
        except Undefined as error:
            figure['why'] = 'its definition cannot be computed ({} at {})'.format(*map(printable, error.args))

    def check_table(self, table):
        schema, name = table['schema'], table['schema']['table']
        path, place = f'data/tables/{name}', f'table {name}'
        columns = {column: Column(name, column, bytes.fromhex(schema['secrets'][column])) for column, _ in table['columns']}
        digests = [hashlib.sha256() for _ in range(3)]
        leaves = self.files.lines(path + '.leaves', digests[1]) if path + '.leaves' in self.digests else iter(())
        hidden = iter(())
        if table['hidden']:
            need(path + '.withheld' in self.digests, f'{path}.withheld is missing')
            hidden = self.files.lines(path + '.withheld', digests[2])
        root, rows, different = Root(), 0, []
        table['whole'] = False
        for line in self.files.lines(path + '.ndjson', digests[0]):
            row_at, rows = rows, rows + 1
            try:
                cells, row = read_row(line, table['columns'])
            except Wrong as error:
                raise Wrong(f'{place}, row {rows}: {error}') from None
            withheld = next(hidden, b'') if table['hidden'] else b''
            need(re.fullmatch(b'[0-9a-f]{%d}' % (64 * len(table['hidden'])), withheld),
                 f'{place}, row {rows}: its withheld cells have no commitments')
            withheld = bytes.fromhex(withheld.decode())
            given = [withheld[at:at + 32] for at in range(0, len(withheld), 32)]
            leaf = leaf_of([columns[column].commit(row_at, cells[column]) if column in columns else given.pop(0)
                            for column in table['names']])
            root.add(leaf)
            if next(leaves, None) != leaf.hex().encode():
                different.append(rows)
            row = evaluable(row, table['columns'])
            for figure in table['figures']:
                figure.add(row)
        table['whole'] = True
        more = sum(1 for _ in leaves)
        if different:
            self.wrong('commitments', f'{place}, row {different[0]} was changed or added, or rows before it were left out')
        if more or rows != schema['rows']:
            self.wrong('commitments', f"{place} has {rows} rows, its schema says {schema['rows']}, its leaves {rows + more}")
        if next(hidden, None) is not None or (table['hidden'] and digests[2].hexdigest() != schema['withheld_sha256']):
            self.wrong('commitments', f'the withheld cells of {place} are not those its schema commits to')
        if digests[0].hexdigest() != schema['sha256'] or digests[1].hexdigest() != schema['leaves_sha256']:
            self.wrong('commitments', f'the rows or leaves of {place} are not those its schema commits to')
        if root.hex() != schema['root']:
            self.wrong('commitments', f'the rows of {place} do not lead to the root that is committed to')

    def judge(self, figure):
        stated, held = figure['stated'], figure.get('held')
        if held is not None:
            whole_table = self.tables[stated['table']]['whole']
            figure['why'] = held.failure or (None if whole_table else 'its table cannot be read whole')
            if figure['why'] is None:
                figure['computed'] = held.inner.value()
                same_value = canonical(figure['computed']) == canonical(stated['value'])
                figure['status'] = 'verified' if same_value else 'MISMATCH'
        if figure['status'] == 'MISMATCH':
            self.wrong('figures', f"figure {stated['id']} is stated as {printable(stated['value'])}, "
                                  f"the rows give {printable(figure['computed'])}")
        elif figure['status'] != 'verified':
            self.wrong('figures', f"figure {stated['id']} cannot be checked: {figure['why']}")

    def check_commitments(self):
        own = {name: self.digests[name] for name in self.payload
               if name != COMMITMENTS and not name.startswith(ATTESTATIONS)}
        roots = {name: {key: table['schema'][key] for key in ('root', 'rows')} for name, table in self.tables.items()}
        due = canonical({'schema': 'tocsin-commitments-2', 'files': own, 'tables': roots})
        need(self.files.read(COMMITMENTS) == due.encode() + b'\n',
             f'{COMMITMENTS} is not what the files and tables of the bundle give')

    def check_report(self):
        stated = [figure['stated'] for figure in self.figures]
        copy = parse(self.files.read('data/investigation.json'), 'data/investigation.json')
        copied = copy.get('figures') if type(copy) is dict else None
        by_id = {item.get('id'): item for item in copied or [] if type(item) is dict} if type(copied) is list else {}
        if len(by_id) != len(stated) or len(copied or []) != len(stated) or any(
                canonical(by_id.get(figure['id'])) != canonical(figure) for figure in stated):
            self.wrong('report', 'the figures in data/investigation.json are not those in data/figures.json')
        try:
            html = self.files.read('data/report.html').decode('utf-8')
        except ValueError:
            raise Wrong('data/report.html is not UTF-8') from None
        shown = shown_figures(html)
        listed = parse(self.files.read('data/report-figures.json'), 'data/report-figures.json')
        if listed != [{'figure': figure, 'text': text} for figure, _, text in shown]:
            self.wrong('report', 'the report shows other figures or texts than data/report-figures.json lists')
        values = {figure['id']: figure['value'] for figure in stated}
        for at, (figure, value, text) in enumerate(shown):
            place = f'shown as number {at + 1}'
            if figure not in values:
                self.wrong('report', f'the report shows figure {printable(figure)} ({place}), which the bundle does not have')
            elif value != canonical(values[figure]):
                self.wrong('report', f'the report carries another value for figure {figure} ({place})')
            elif type(values[figure]) is int and not can_stand_for(text, values[figure]):
                self.wrong('report', f'the report shows {printable(text)} for figure {figure} ({place}), '
                                     f'which is {values[figure]}')

    def check_signature(self):
        said = check_signature(self.files, self.digests, self.trust)
        if said is None:
            self.unjudged['signature'] = 'it is signed; whom to trust was not given (--keys)'
        self.signed_by = said

    def result(self):
        steps, broken = [], bool(self.problems['archive'])
        for step, problems in self.problems.items():
            text = '; '.join(problems[:5]) + (f'; and {len(problems) - 5} more' if len(problems) > 5 else '')
            outcome = 'FAILED' if problems else 'not judged' if step in self.unjudged or broken else 'ok'
            good = getattr(self, 'signed_by', None) if step == 'signature' else GOOD[step]
            steps.append((step, outcome, text or self.unjudged.get(step) or (good if outcome == 'ok' else 'see above')))
        failed = [step for step, outcome, _ in steps if outcome == 'FAILED']
        if 'archive' in failed:
            verdict = 'This file cannot be read as a bundle, or is not safe to open.'
        elif failed == ['signature']:
            verdict = 'The figures may follow from the rows, but nobody you trust has signed this.'
        elif any(figure['status'] == 'MISMATCH' for figure in self.figures):
            verdict = 'Figures of this publication do not follow from its rows. Do not rely on it.'
        elif failed:
            verdict = 'This publication was changed after it was made, or is not whole. Do not rely on it.'
        elif getattr(self, 'signed_by', None):
            verdict = ('Every figure follows from the published rows, and the publication is the one that was signed by '
                       'somebody you trust.')
        else:
            verdict = 'Every figure follows from the published rows. Who published them was not checked.'
        return not failed, verdict, steps


def evaluate_stream():
    """A line of JSON in (columns, rows, definitions), a line out (value or refusal of each); for tests and the curious."""
    for line in sys.stdin.buffer:
        case = parse(line, 'the case')
        columns, answers = [(item['name'], item['type']) for item in case['columns']], []
        rows = [evaluable(row, columns) for row in case['rows']]
        for definition in case['definitions']:
            try:
                check_definition(definition, {case.get('table', 'rows'): dict(columns)})
                figure = Figure(definition)
                for row in rows:
                    figure.add(row)
                answers.append({'value': figure.inner.value()})
            except Undefined as error:
                answers.append({'refused': list(error.args)})
        sys.stdout.buffer.write(canonical(answers).encode('utf-8') + b'\n')
        sys.stdout.buffer.flush()


class Arguments(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(1, f'{message}\n')


def main():
    arguments = Arguments(description='Checks a bundle of Tocsin: recomputes every commitment and figure from its rows.')
    arguments.add_argument('bundle', nargs='?', help='the .zip archive, or the folder it was unpacked to')
    arguments.add_argument('--keys', help="whom you trust: a publisher's keys.json from a source you trust, or a tocsin-trust/1")
    arguments.add_argument('--root', help='id of the recovery key that the list of keys must go back to')
    arguments.add_argument('--json', action='store_true', help='everything as JSON')
    arguments.add_argument('--evaluate', action='store_true', help=argparse.SUPPRESS)
    given = arguments.parse_args()
    sys.stdout.reconfigure(encoding='utf-8', errors='backslashreplace')
    if given.evaluate:
        evaluate_stream()
        return 0
    if given.bundle is None:
        arguments.error('a bundle must be named')
    try:
        trust = None
        if given.keys is not None:
            with open(given.keys, 'rb') as file:
                trust = trust_of(file.read(), given.root)
        bundle = Bundle(given.bundle, trust)
    except Wrong as error:
        print(f'{given.keys} does not say whom to trust: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'Cannot be read: {error.filename} ({error.strerror})', file=sys.stderr)
        return 1
    is_verified, verdict, steps = bundle.result()
    if given.json:
        print(canonical({
            'verified': is_verified, 'verdict': verdict,
            'steps': [{'name': name, 'outcome': outcome, 'text': text} for name, outcome, text in steps],
            'figures': [{'id': figure['stated']['id'], 'status': figure['status'], 'stated': figure['stated']['value'],
                         'computed': figure['computed'], 'why': figure['why']} for figure in bundle.figures]}))
    else:
        print(('VERIFIED: ' if is_verified else 'FAILED: ') + verdict)
        for name, outcome, text in steps:
            print(f'{outcome:10}  {name:11}  {printable(text, 900)}')
        print(f"{'':10}  {'':11}  the proof of the log is not judged here: tocsin-verify does")
    return 0 if is_verified else 1


if __name__ == '__main__':
    sys.exit(main())
