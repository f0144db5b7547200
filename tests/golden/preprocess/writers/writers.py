#!/usr/bin/env python3
"""Writes the trips of trips.py with other people's tools, in every way they have, and compares what preprocess makes of each file with
what it makes of the plain one: the same events, byte by byte.

Usage: writers.py PROGRAM WRITER...      WRITER: pandas polars pyarrow fastparquet duckdb spark (of those installed here)
A row a way of writing on standard output, | separated: writer and version, what it wrote, how it was read. Exit status 1 when one differs.
"""
import datetime
import decimal
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MONTHS = ('2024-03', '2024-11')
TIMES = ('tpep_pickup_datetime', 'tpep_dropoff_datetime')
WHOLE = ('VendorID', 'passenger_count', 'RatecodeID', 'PULocationID', 'DOLocationID', 'payment_type')
AMOUNTS = ('trip_distance', 'fare_amount', 'tip_amount', 'total_amount')
UTC = datetime.timezone.utc


class Month:
    """A month's rows as texts, and the moments of its times."""

    def __init__(self, program, month, work):
        self.month, self.name = month, f'yellow_tripdata_{month}'
        self.plain = os.path.join(work, self.name + '.csv')
        with open(self.plain, 'w', encoding='ascii') as f:
            subprocess.run([sys.executable, os.path.join(HERE, 'trips.py'), month], stdout=f, check=True)
        with open(self.plain, encoding='ascii') as f:
            names, *rows = [line.rstrip('\n').split(',') for line in f]
        self.names = names
        self.rows = [[cell if cell != '' else None for cell in row] for row in rows]
        events = subprocess.run([program, self.plain, '--output', '-', '--quiet'], capture_output=True, check=True).stdout
        self.sha = hashlib.sha256(events).hexdigest()
        self.moments = [[None, None] for _ in rows]
        for line in events.decode().splitlines():
            e = json.loads(line)
            at = datetime.datetime.fromisoformat(e['Datetime']).astimezone(UTC)
            self.moments[e['TripID'] % 10**9 - 1][e['Status'] == 'end'] = at

    def column(self, name, kind):
        """Its values: text, whole, float, decimal; of times also naive and moment."""
        if kind == 'moment':
            return [m[TIMES.index(name)] for m in self.moments]
        cells = [row[self.names.index(name)] for row in self.rows]
        make = {'text': str, 'whole': int, 'float': float, 'decimal': decimal.Decimal, 'naive': datetime.datetime.fromisoformat}[kind]
        return [None if c is None else make(c) for c in cells]

    def table(self, times='naive', whole='whole', amounts='float'):
        """All columns by name."""
        kind = {**dict.fromkeys(TIMES, times), **dict.fromkeys(WHOLE, whole), **dict.fromkeys(AMOUNTS, amounts)}
        return {name: self.column(name, kind.get(name, 'text')) for name in self.names}


class Run:
    """What was compared, and how it went."""

    def __init__(self, program, work):
        self.program, self.work, self.faults = program, work, 0
        self.months = [Month(program, m, work) for m in MONTHS]

    def compare(self, writer, what, write, options=(), how='as it is'):
        """write(month, folder) makes files in a folder; all of them are one month."""
        wrong = ''
        for month in self.months:
            folder = os.path.join(self.work, 'case')
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
            write(month, folder)
            files = sorted(f for f in glob.glob(folder + '/**/*', recursive=True)
                           if os.path.isfile(f) and not os.path.basename(f).startswith(('_', '.')))
            done = subprocess.run([self.program, *files, '--output', '-', '--quiet', *options], capture_output=True, check=False)
            if done.returncode != 0 or hashlib.sha256(done.stdout).hexdigest() != month.sha:
                wrong = f'{month.month}: exit {done.returncode}: {done.stderr.decode()[:300].strip()}'
        print(f'{writer} | {what} | {"DIFFERS " + wrong if wrong else how}', flush=True)
        self.faults += wrong != ''


def csv_and_parquet(folder, month, ending):
    return os.path.join(folder, f'{month.name}.{ending}')


# ---- pandas ----

def pandas_frame(month, **kinds):
    import pandas as pd
    frame = pd.DataFrame(month.table(**kinds))
    for name in WHOLE:
        frame[name] = frame[name].astype('Int64')
    for name in AMOUNTS:
        if frame[name].dtype == object and kinds.get('amounts', 'float') == 'float':
            frame[name] = frame[name].astype('float64')
    return frame


def pandas(run):
    import pandas as pd
    name = f'pandas {pd.__version__}'

    def to(ending, change=lambda f: f, times='naive', **options):
        def write(month, folder):
            frame = change(pandas_frame(month, times=times))
            path = csv_and_parquet(folder, month, ending)
            if ending.startswith('csv'):
                frame.to_csv(path, **options)
            else:
                frame.to_parquet(path, **options)
        return write

    def new_york(frame):
        for column in TIMES:
            frame[column] = frame[column].dt.tz_convert('America/New_York')
        return frame

    def floats(frame):
        return frame.astype(dict.fromkeys(WHOLE, 'float64'))

    run.compare(name, 'to_csv, index in front', to('csv'))
    run.compare(name, 'to_csv(index=False), whole numbers with gaps as 1.0', to('csv', floats, index=False))
    run.compare(name, 'to_csv, zoned times ("-05:00")', to('csv', new_york, 'moment', index=False))
    run.compare(name, 'to_csv, UTC times ("+00:00")', to('csv', times='moment', index=False))
    run.compare(name, 'to_csv(na_rep="NA")', to('csv', index=False, na_rep='NA'))
    run.compare(name, 'to_csv(sep=";")', to('csv', index=False, sep=';'))
    run.compare(name, 'to_csv(date_format="%m/%d/%Y %I:%M:%S %p")', to('csv', index=False, date_format='%m/%d/%Y %I:%M:%S %p'))
    run.compare(name, 'to_csv to .csv.gz', to('csv.gz', index=False))
    run.compare(name, 'to_csv to .csv.zst', to('csv.zst', index=False))
    for engine in ('pyarrow', 'fastparquet'):
        run.compare(name, f'to_parquet({engine}), naive', to('parquet', engine=engine))
        run.compare(name, f'to_parquet({engine}), zoned', to('parquet', new_york, 'moment', engine=engine))
        run.compare(name, f'to_parquet({engine}), whole numbers as float64', to('parquet', floats, engine=engine))
    run.compare(name, 'to_parquet, all columns text', to('parquet', lambda f: f.astype(object).where(f.notna(), None).map(
        lambda v: None if v is None else str(v))))

    def partitioned(month, folder):
        frame = pandas_frame(month).assign(year=int(month.month[:4]), month=int(month.month[5:]))
        frame.to_parquet(os.path.join(folder, 'yellow'), partition_cols=['year', 'month'])
    run.compare(name, 'to_parquet(partition_cols=["year", "month"])', partitioned, how='the month by its folders')


# ---- Polars ----

def polars(run):
    import polars as pl
    name = f'Polars {pl.__version__}'

    def to(ending, times='naive', change=lambda f: f, **options):
        def write(month, folder):
            frame = change(pl.DataFrame(month.table(times=times), infer_schema_length=None))
            path = csv_and_parquet(folder, month, ending)
            (frame.write_csv if ending == 'csv' else frame.write_parquet)(path, **options)
        return write

    def new_york(frame):
        return frame.with_columns(pl.col(c).dt.convert_time_zone('America/New_York') for c in TIMES)

    def unit(u):
        return lambda frame: frame.with_columns(pl.col(c).dt.cast_time_unit(u) for c in TIMES)

    run.compare(name, 'write_csv, naive', to('csv'))
    run.compare(name, 'write_csv, zoned ("-0500")', to('csv', 'moment', new_york))
    run.compare(name, 'write_csv(null_value="null")', to('csv', null_value='null'))
    run.compare(name, 'write_csv(separator=TAB)', to('csv', separator='\t'))
    for u in ('ms', 'us', 'ns'):
        run.compare(name, f'write_parquet, naive {u}', to('parquet', 'naive', unit(u)))
        run.compare(name, f'write_parquet, zoned {u}', to('parquet', 'moment', lambda f, u=u: unit(u)(new_york(f))))
    run.compare(name, 'write_parquet, amounts Float32', to('parquet', 'naive', lambda f: f.with_columns(pl.col(AMOUNTS).cast(pl.Float32))))
    run.compare(name, 'write_parquet, amounts Decimal(10, 3)', to('parquet', 'naive', lambda f: f.with_columns(
        pl.col(AMOUNTS).round(3).cast(pl.Decimal(10, 3)))))
    run.compare(name, 'write_parquet, flag as Categorical', to('parquet', 'naive', lambda f: f.with_columns(
        pl.col('store_and_fwd_flag').cast(pl.Categorical))))
    run.compare(name, 'write_parquet, ids as UInt64 and Int8', to('parquet', 'naive', lambda f: f.with_columns(
        pl.col('PULocationID').cast(pl.UInt64), pl.col('payment_type').cast(pl.Int8))))


# ---- pyarrow ----

def arrow_table(pa, month, unit='us', zone=None, text=None, **kinds):
    table = month.table(times='moment' if zone else 'naive', **kinds)
    arrays = {}
    for column, values in table.items():
        if column in TIMES:
            arrays[column] = pa.array(values, pa.timestamp('us', zone)).cast(pa.timestamp(unit, zone))
        elif text is not None and all(v is None or isinstance(v, str) for v in values):
            array = pa.array(values, pa.string())
            arrays[column] = array.dictionary_encode() if text == 'dictionary' else array.cast(text)
        else:
            arrays[column] = pa.array(values)
    return pa.table(arrays)


def pyarrow(run):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq
    name = f'pyarrow {pa.__version__}'

    def parquet(options=None, **kinds):
        return lambda month, folder: pq.write_table(arrow_table(pa, month, **kinds), csv_and_parquet(folder, month, 'parquet'),
                                                    **(options or {}))

    def csv(**kinds):
        return lambda month, folder: pa.csv.write_csv(arrow_table(pa, month, **kinds), csv_and_parquet(folder, month, 'csv'))

    run.compare(name, 'write_csv, naive', csv())
    run.compare(name, 'write_csv, zoned ("-0500")', csv(zone='America/New_York'))
    run.compare(name, 'write_csv, UTC ("Z")', csv(zone='UTC'))
    for unit in ('s', 'ms', 'us', 'ns'):
        run.compare(name, f'write_table, naive {unit}', parquet(unit=unit))
        run.compare(name, f'write_table, zoned {unit}', parquet(unit=unit, zone='America/New_York'))
    run.compare(name, 'write_table, naive, 96-bit times', parquet({'use_deprecated_int96_timestamps': True}))
    run.compare(name, 'write_table, format 1.0', parquet({'version': '1.0'}))
    for text in ('large_string', 'string_view', 'dictionary'):
        run.compare(name, f'write_table, all text as {text}', lambda month, folder, t=text: pq.write_table(
            arrow_table(pa, month, text=t if t == 'dictionary' else getattr(pa, t)(), whole='text'),
            csv_and_parquet(folder, month, 'parquet')))
    run.compare(name, 'write_table, amounts decimal128(10, 3)', lambda month, folder: pq.write_table(pa.table({
        c: pa.array(v, pa.decimal128(10, 3)) if c in AMOUNTS else v for c, v in arrow_table(pa, month, amounts='decimal').to_pydict().items()}),
        csv_and_parquet(folder, month, 'parquet')))

    def pieces(month, folder):
        table = arrow_table(pa, month)
        for i in range(0, table.num_rows, 300):
            pq.write_table(table.slice(i, 300), os.path.join(folder, f'{month.name}.part-{i:04d}.parquet'))
    run.compare(name, 'four files of one month', pieces, how='as pieces of the month')


# ---- fastparquet ----

def fastparquet(run):
    import fastparquet as fp
    name = f'fastparquet {fp.__version__}'
    # int96 of microseconds, pandas 3's default, is written wrong: findings/fastparquet_int96_of_microseconds.sh
    for times, unit in (('int64', 'us'), ('int64', 'ns'), ('int96', 'ns')):
        run.compare(name, f'write(times="{times}"), naive, {unit}', lambda month, folder, t=times, u=unit: fp.write(
            csv_and_parquet(folder, month, 'parquet'), pandas_frame(month).astype(dict.fromkeys(TIMES, f'datetime64[{u}]')), times=t))


# ---- DuckDB ----

def duckdb(run):
    import duckdb as dd
    name = f'DuckDB {dd.__version__}'

    def copy(ending, options='', select='*', times='TIMESTAMP', zone=None):
        def write(month, folder):
            db = dd.connect()
            db.execute("SET TimeZone = 'America/New_York'")
            db.execute('CREATE TABLE t AS SELECT * FROM read_csv(?, header = true, all_varchar = true)', [month.plain])
            cast = {**dict.fromkeys(TIMES, times), **dict.fromkeys(WHOLE, 'INTEGER'), **dict.fromkeys(AMOUNTS, 'DOUBLE')}
            columns = ', '.join(f'CAST("{c}" AS {cast.get(c, "VARCHAR")}) AS "{c}"' for c in month.names)
            if zone:
                db.execute('CREATE TABLE m (n BIGINT, a TIMESTAMPTZ, b TIMESTAMPTZ)')
                db.executemany('INSERT INTO m VALUES (?, ?, ?)', [(i, str(a), str(b)) for i, (a, b) in enumerate(month.moments)])
                columns = columns.replace(f'CAST("{TIMES[0]}" AS {times})', 'a').replace(f'CAST("{TIMES[1]}" AS {times})', 'b')
            source = 't POSITIONAL JOIN (SELECT a, b FROM m ORDER BY n)' if zone else 't'
            path = csv_and_parquet(folder, month, ending)
            db.execute(f"COPY (SELECT {select} FROM (SELECT {columns} FROM {source})) TO '{path}' ({options or 'HEADER'})")
        return write

    run.compare(name, 'COPY to CSV, TIMESTAMP', copy('csv'))
    run.compare(name, 'COPY to CSV, TIMESTAMPTZ ("-05")', copy('csv', zone=True))
    for kind in ('TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP_NS'):
        run.compare(name, f'COPY to Parquet, {kind}', copy('parquet', 'FORMAT parquet', times=kind))
    run.compare(name, 'COPY to Parquet, TIMESTAMPTZ', copy('parquet', 'FORMAT parquet', zone=True))
    run.compare(name, 'COPY to Parquet, amounts FLOAT', copy('parquet', 'FORMAT parquet', '* REPLACE (%s)' % ', '.join(
        f'"{c}"::FLOAT AS "{c}"' for c in AMOUNTS)))
    run.compare(name, 'COPY to Parquet, amounts DECIMAL(10,3)', copy('parquet', 'FORMAT parquet', '* REPLACE (%s)' % ', '.join(
        f'"{c}"::DECIMAL(10,3) AS "{c}"' for c in AMOUNTS)))
    run.compare(name, 'COPY to Parquet, ids HUGEINT and UBIGINT', copy(
        'parquet', 'FORMAT parquet', '* REPLACE ("PULocationID"::HUGEINT AS "PULocationID", "DOLocationID"::UBIGINT AS "DOLocationID")'))
    run.compare(name, 'COPY to Parquet, zone times VARCHAR', copy('parquet', 'FORMAT parquet', times='VARCHAR'))


# ---- Spark ----

def spark(run):
    import pyspark
    from pyspark.sql import SparkSession
    name = f'Spark {pyspark.__version__}'
    session = (SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false')
               .config('spark.sql.session.timeZone', 'America/New_York').config('spark.driver.host', '127.0.0.1')
               .config('spark.driver.bindAddress', '127.0.0.1').getOrCreate())
    session.sparkContext.setLogLevel('OFF')
    types = {**dict.fromkeys(WHOLE, 'int'), **dict.fromkeys(AMOUNTS, 'double')}

    def frame(month, times):
        kind = 'timestamp_ntz' if times == 'naive' else 'timestamp'
        schema = ', '.join(f'{c} {kind if c in TIMES else types.get(c, "string")}' for c in month.names)
        table = month.table(times=times)
        return session.createDataFrame(list(zip(*table.values())), schema).coalesce(1)

    def to(kind, times, output_type='TIMESTAMP_MICROS', **options):
        def write(month, folder):
            session.conf.set('spark.sql.parquet.outputTimestampType', output_type)
            writer = frame(month, times).write.mode('overwrite').options(**options)
            path = os.path.join(folder, month.name)
            (writer.csv if kind == 'csv' else writer.parquet)(path)
            part = glob.glob(path + '/part-*')[0]
            os.rename(part, path + '.' + part.rsplit('.', 1)[1])
            shutil.rmtree(path)
        return write

    run.compare(name, 'csv, timestamp_ntz', to('csv', 'naive', header=True))
    run.compare(name, 'csv, timestamp (".000-05:00")', to('csv', 'moment', header=True))
    run.compare(name, 'parquet, timestamp_ntz', to('parquet', 'naive'))
    for output_type in ('INT96', 'TIMESTAMP_MICROS', 'TIMESTAMP_MILLIS'):
        run.compare(name, f'parquet, timestamp as {output_type}', to('parquet', 'moment', output_type))

    def partitioned(month, folder):
        from pyspark.sql import functions as f
        rows = frame(month, 'naive').withColumn('year', f.lit(int(month.month[:4]))).withColumn('month', f.lit(int(month.month[5:])))
        rows.write.partitionBy('year', 'month').parquet(os.path.join(folder, 'yellow'))
    run.compare(name, 'parquet, partitionBy("year", "month")', partitioned, how='the month by its folders')
    session.stop()


def main():
    program, *writers = sys.argv[1:]
    known = {f.__name__: f for f in (pandas, polars, pyarrow, fastparquet, duckdb, spark)}
    with tempfile.TemporaryDirectory(prefix='writers-') as work:
        run = Run(os.path.abspath(program), work)
        for writer in writers:
            known[writer](run)
    sys.exit(1 if run.faults else 0)


if __name__ == '__main__':
    main()
