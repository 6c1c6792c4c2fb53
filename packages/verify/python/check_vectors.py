#!/usr/bin/env python3
"""Holds tocsin_verify.py to the published vectors: those of the bundle format (vectors/bundle), and the public edge cases of
Ed25519 (vectors/ed25519). Prints a line for each part, and exits 0 when every case holds, 1 otherwise.

    python3 check_vectors.py
"""
import hashlib
import hmac
import json
import os
import sys

sys.dont_write_bytecode = True
import tocsin_verify as own  # noqa: E402

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'vectors')
REFUSED = ('low_order_A', 'low_order_R', 'non_canonical_A', 'non_canonical_R', 'low_order_residue', 'reencoded_k')
wrong = []


def read(name):
    with open(os.path.join(VECTORS, name), encoding='utf-8') as file:
        return json.load(file)


def hold(part, cases):
    """Counts the cases of a part that hold; each is (what it is, what was found, what is due)."""
    holding = 0
    for case, found, due in cases:
        if own.canonical(found) == own.canonical(due):
            holding += 1
        else:
            wrong.append(f'{part}: {own.printable(case)} gives {own.printable(found)}, due is {own.printable(due)}')
    print(f'{part:13} {holding} hold')


def secret_of(case):
    message = '\0'.join(['tocsin-column-2', case['table'], case['column']]).encode()
    return hmac.new(bytes.fromhex(case['secret']), message, hashlib.sha256).hexdigest()


def committed(case):
    column = own.Column(case['table'], case['column'], b'')
    column.salt = lambda row: bytes.fromhex(case['salt'])
    return column.commit(case['row'], own.canonical(case['cell'])).hex()


def root_of(leaves):
    root = own.Root()
    for leaf in leaves:
        root.add(bytes.fromhex(leaf))
    return root.hex()


def inside(case):
    if own.prefix_of(case['prefix']) is None:
        return None
    test = own.cell_test({'op': 'cidr', 'prefix': case['prefix']})
    return [text for text in case['asked'] if test(text)]


def figures(cases):
    types = {column['name']: column['type'] for column in cases['columns']}
    table = {name: [own.evaluable(row[name], kind) for row in cases['rows']] for name, kind in types.items()}
    for case in cases['cases']:
        try:
            own.check_definition(case['definition'], {'rows': types})
            found = {'value': own.compute(case['definition'], table, len(cases['rows']))}
        except own.Undefined as error:
            found = {'refused': list(error.args)}
        yield case['definition'], found, {key: case[key] for key in ('value', 'refused') if key in case}


def table(files):
    schema = files['schema']
    yield 'schema', own.is_schema(schema, 'flow'), True
    columns = [(item['name'], item['type']) for item in schema['columns'] if schema['secrets'][item['name']]]
    committers = {name: own.Column('flow', name, bytes.fromhex(schema['secrets'][name])) for name, _ in columns}
    leaves = []
    for at, line in enumerate(files['ndjson'].encode().split(b'\n')[:-1]):
        _, cells = own.read_row(line, columns)
        opened = {'table': 'flow', 'column': 'host_withheld', 'row': at, **files['withheld_cells'][at]}
        yield f'withheld cell {at}', committed(opened), files['withheld'].split('\n')[at]
        commitments = [committers[name].commit(at, cells[name]) for name, _ in columns]
        leaves.append(own.leaf_of([*commitments, bytes.fromhex(committed(opened))]).hex())
    yield 'leaves', leaves, files['leaves'].split('\n')[:-1]
    yield 'root', root_of(leaves), schema['root']


def main():
    # Fractions stand in the vectors as what is no cell; the rest is as the script itself reads it.
    bundle = own.parse(json.dumps(read('bundle/vectors.json')), 'the vectors')
    hold('canonical', ((case['value'], own.canonical(case['value']), case['text']) for case in bundle['canonical']))
    hold('order', [('order', sorted(reversed(bundle['order'])), bundle['order'])])
    hold('cells', ((case['cell'], own.is_cell(case['cell'], case['type']), case['valid']) for case in bundle['cells']))
    hold('secrets', ((case['column'], secret_of(case), case['column_secret']) for case in bundle['secrets']))
    hold('salts', ((case['row'], own.Column('', '', bytes.fromhex(case['column_secret'])).salt(case['row']).hex(),
                    case['salt']) for case in bundle['salts']))
    hold('commitments', ((case['cell'], committed(case), case['commitment']) for case in bundle['commitments']))
    hold('leaves', (('leaf', own.leaf_of(map(bytes.fromhex, case['commitments'])).hex(), case['leaf'])
                    for case in bundle['leaves']))
    hold('roots', (('root', root_of(case['leaves']), case['root']) for case in bundle['roots']))
    hold('table', table(bundle['table']))
    hold('prefixes', ((case['prefix'], inside(case), case['inside']) for case in bundle['prefixes']))
    hold('figures', figures(bundle['figures']))
    figure = bundle['figure_digest']['figure']
    meant = own.canonical({key: figure[key] for key in ('id', 'label', 'unit', 'definition', 'table')})
    hold('figure_digest', [('digest', own.sha256(meant.encode()), bundle['figure_digest']['sha256'])])
    hold('texts', ((case['text'], own.can_stand_for(case['text'], case['value']), case['stands']) for case in bundle['texts']))
    hold('html', ((case['html'], own.shown_figures(case['html']), case['shown']) for case in bundle['html']))
    hold('cctv', ((case['number'], own.is_signed(bytes.fromhex(case['key']), case['msg'].encode(), bytes.fromhex(case['sig'])),
                   not set(case['flags'] or []) & set(REFUSED)) for case in read('ed25519/ed25519vectors.json')))
    groups = read('ed25519/ed25519_test.json')['testGroups']
    hold('wycheproof', ((case['tcId'], own.is_signed(bytes.fromhex(group['publicKey']['pk']), bytes.fromhex(case['msg']),
                                                     bytes.fromhex(case['sig'])), case['result'] == 'valid')
                        for group in groups for case in group['tests']))
    for text in wrong:
        print(f'WRONG  {text}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
