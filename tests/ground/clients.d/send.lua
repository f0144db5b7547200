-- wrk: the same lines from every connection. What it sends is known to the consumers after the first time.
wrk.method = "POST"
wrk.path = "/trips"
wrk.headers["Content-Type"] = "application/x-ndjson"
local file = io.open(os.getenv("LINES_OF"))
wrk.body = file:read("a") or file:read("*a")
file:close()
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() bad = 0 end
function response(status) if status ~= 200 then bad = bad + 1 end end
function done(summary)
    local bad = 0
    for _, thread in ipairs(threads) do bad = bad + thread:get("bad") end
    io.write(string.format("requests %d, not 200: %d, errors %d\n", summary.requests, bad,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
