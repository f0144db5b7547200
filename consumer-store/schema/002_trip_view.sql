-- Complete trips, for people: both ends, duration, dollars and names.
CREATE VIEW trip AS
SELECT s.trip_id,
       (s.trip_id / 1000000000)::integer AS source_id,
       s.at AS started_at,
       e.at AS ended_at,
       e.at - s.at AS duration,
       s.vendor_id,
       s.passenger_count,
       s.zone_id AS pickup_zone_id,
       p.borough AS pickup_borough,
       p.name AS pickup_zone,
       e.zone_id AS dropoff_zone_id,
       d.borough AS dropoff_borough,
       d.name AS dropoff_zone,
       e.distance_mi,
       e.payment_type,
       (e.fare_cents / 100.0)::numeric(12, 2) AS fare,
       (e.tip_cents / 100.0)::numeric(12, 2) AS tip,
       (e.total_cents / 100.0)::numeric(12, 2) AS total,
       s.longitude AS pickup_longitude,
       s.latitude AS pickup_latitude,
       e.longitude AS dropoff_longitude,
       e.latitude AS dropoff_latitude
FROM trip_start s
JOIN trip_end e USING (trip_id)
LEFT JOIN zone p ON p.zone_id = s.zone_id
LEFT JOIN zone d ON d.zone_id = e.zone_id;
