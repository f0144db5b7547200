#!/usr/bin/env python3
"""The same invented trips for every writer: a month of yellow ones as TLC's CSV spells them, on standard output.

Usage: trips.py YYYY-MM        1,000 rows. Of November they hold the doubled hour, of March the skipped one; of any month its edges,
empty cells, voided fares, zones 264 and 265, and amounts that end in half a cent. No randomness: the same bytes everywhere.
"""
import datetime
import sys

HEADER = ('VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,'
          'PULocationID,DOLocationID,payment_type,fare_amount,tip_amount,total_amount')
ROWS = 1000


def changes(year, month):
    """The Sunday on which New York's clock changes in this month, or None."""
    sundays = [d for d in range(1, 32 if month == 3 else 31) if datetime.date(year, month, d).weekday() == 6]
    return {3: sundays[1], 11: sundays[0]}.get(month)


def trips(year, month):
    """Rows as lists of texts, '' for no value."""
    first = datetime.datetime(year, month, 1)
    after = datetime.datetime(year + month // 12, month % 12 + 1, 1)
    minutes = int((after - first).total_seconds()) // 60
    change = changes(year, month)
    state = 20240101
    for i in range(ROWS):
        state = (state * 1103515245 + 12345) % (1 << 31)
        at = first + datetime.timedelta(minutes=state % minutes, seconds=i % 60)
        took = datetime.timedelta(seconds=60 + state % 5400)
        if i % 10 == 0 and change:  # around 02:00 of that Sunday
            at = datetime.datetime(year, month, change, 0, 40) + datetime.timedelta(minutes=i // 10 * 1.3)
            took = datetime.timedelta(minutes=5 + i % 50)
        if i == 1:
            at = first
        if i == 2:
            at = after - datetime.timedelta(seconds=1)
        if i == 3:
            at = first - datetime.timedelta(hours=3)
        fare = (state % 9000 + 250) / 100 * (-1 if i % 97 == 0 else 1)
        amounts = [f'{fare:.2f}', f'{(state % 700) / 100:.2f}', f'{fare + 3.5:.2f}']
        if i % 50 == 5:
            amounts = ['1.005', '2.675', '7.145']
        whole = [str(state % 2 + 1), str(state % 7), str(state % 265 + 1), str(state // 7 % 265 + 1), str(state % 5)]
        if i % 40 == 7:
            whole[2:4] = ['264', '265']
        if i % 11 == 0:
            whole[1] = ''
        if i % 23 == 0:
            whole[4] = ''
        if i % 31 == 0:
            amounts[1] = ''
        yield [whole[0], f'{at:%Y-%m-%d %H:%M:%S}', f'{at + took:%Y-%m-%d %H:%M:%S}', whole[1], f'{state % 2500 / 100:.2f}',
               '' if i % 11 == 0 else '1', '' if i % 11 == 0 else 'NY'[i % 2], whole[2], whole[3], whole[4], *amounts]


def main():
    year, month = map(int, sys.argv[1].split('-'))
    print(HEADER)
    for row in trips(year, month):
        print(','.join(row))


if __name__ == '__main__':
    main()
