-- $1 datasets: from which day to which each has figures. An index answers.
SELECT dataset, first, last
FROM unnest($1::smallint[]) dataset
CROSS JOIN LATERAL (SELECT (SELECT min(day) FROM day_total t WHERE t.dataset = d.dataset AND zone_id = 0) AS first,
                           (SELECT max(day) FROM day_total t WHERE t.dataset = d.dataset AND zone_id = 0) AS last
                    FROM (SELECT dataset) d) span
WHERE first IS NOT NULL
