-- What the Live page should show for the stored rows, as numbers.mjs wants it: psql -v source=0 -v zone=0 -v whole=0 (0 = all of
-- them). whole=1: zones and routes of all time and the table by day (span=all, hours=all) in place of today's and by hour. For a replay without late events, whose sources have all been sent whole.
with starts as (
    select trip_id, zone_id, extract(epoch from at)::bigint as t from trip_start where :source = 0 or trip_id / 1000000000 = :source),
ends as (
    select trip_id, zone_id, total_cents, extract(epoch from at)::bigint as t from trip_end where :source = 0 or trip_id / 1000000000 = :source),
rides as (
    select s.zone_id as pickup, e.zone_id as dropoff, e.t, e.t - s.t as ride
    from starts s join ends e using (trip_id) where e.t - s.t between 0 and 86400),
clock as (select max(t) as t from (select t from starts union all select t from ends) x),
today as (
    select extract(epoch from date_trunc('day', to_timestamp(t) at time zone 'America/New_York') at time zone 'America/New_York')::bigint as day, t
    from clock),
shown as (select case when :whole = 0 then day else 0 end as since from today),
first as (select min(t) as t from (select t from starts union all select t from ends) x),
days as (
    select extract(epoch from wall at time zone 'America/New_York')::bigint as h,
        extract(epoch from (wall + interval '1 day') at time zone 'America/New_York')::bigint as until
    from first, clock, generate_series(date_trunc('day', to_timestamp(first.t) at time zone 'America/New_York'),
        to_timestamp(clock.t) at time zone 'America/New_York', interval '1 day') wall),
hours as (
    select h, h + 3600 as until from today, generate_series(day, t, 3600) h where :whole = 0
    union all select h, until from days where :whole = 1),
pickups as (select zone_id, count(*) as n from starts, shown where starts.t >= since group by 1),
dropoffs as (select zone_id, count(*) as n from ends, shown where ends.t >= since group by 1),
routes as (
    select pickup, dropoff, count(*) as n, sum(ride) as ride from rides, shown
    where rides.t >= since and (:zone = 0 or :zone in (pickup, dropoff)) group by 1, 2),
by_hour as (
    select h, (select count(*) from rides where t >= h and t < until) as completed,
        (select count(*) from starts where t >= h and t < until and zone_id = :zone) as zone_starts,
        (select count(*) from ends where t >= h and t < until and zone_id = :zone) as zone_ends
    from hours),
-- The mean over the hours in which anything happened.
rhythm as (
    select extract(isodow from at)::int - 1 as weekday, extract(hour from at)::int as hour, avg(n) as mean
    from (select to_timestamp(h * 3600) at time zone 'America/New_York' as at, sum(started) as n
          from (select t / 3600 as h, 1 as started from starts union all select t / 3600, 0 from ends) x group by h) y
    group by 1, 2)
select json_build_object(
    'query', concat_ws('&', case when :whole = 1 then 'span=all&hours=all' end, case when :source <> 0 then 'source=' || :source end, case when :zone <> 0 then 'zone=' || :zone end),
    'figures', json_build_object(
        'clock_s', (select t from clock), 'late', 0,
        'started', (select count(*) from starts, today where starts.t >= day),
        'completed', (select count(*) from rides, today where rides.t >= day),
        'under_way', (select count(*) from starts) - (select count(*) from rides),
        'revenue_cents', (select coalesce(sum(total_cents), 0) from ends, today where ends.t >= day),
        -- The page's median comes from bins of a minute, the last of them open.
        'median_ride_s', json_build_object('within', 60, 'value',
            (select coalesce(percentile_disc(0.5) within group (order by least(ride, 3600)), 0) from rides, today where rides.t >= day))),
    'pickups', (select coalesce(json_agg(json_build_array(zone_id, n)), '[]') from (select * from pickups order by n desc, zone_id limit 10) x),
    'dropoffs', (select coalesce(json_agg(json_build_array(zone_id, n)), '[]') from (select * from dropoffs order by n desc, zone_id limit 10) x),
    'routes', (select coalesce(json_agg(json_build_array(pickup, dropoff, n, ride)), '[]')
        from (select * from routes order by n desc, pickup, dropoff limit 10) x),
    'hours', (select json_agg(case when :zone = 0 then json_build_array(h, completed) else json_build_array(h, zone_starts, zone_ends) end order by h)
        from by_hour),
    'ride_bins', (select json_agg((select count(*) from rides, today where rides.t >= day and least(ride / 300, 12) = bin) order by bin)
        from generate_series(0, 12) bin),
    'zones', (select coalesce(json_agg(json_build_array(zone_id, coalesce(p.n, 0), coalesce(d.n, 0))), '[]')
        from pickups p full join dropoffs d using (zone_id)),
    'rhythm', (select json_agg(json_build_array(weekday, hour, mean)) from rhythm),
    'longest', json_build_array());
