-- For wrk: posts the events of a file in batches, checks the replies, prints one JSON line at the end.
-- Arguments: file, events a request, path, [milliseconds between requests of a connection]
local requests, at, wait_ms = {}, 0, 0
local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

-- Each thread begins elsewhere in the file, so that connections do not send the same.
function init(args)
    local file, batch, path = assert(io.open(args[1])), tonumber(args[2]), args[3]
    wait_ms = tonumber(args[4] or 0)
    local headers = {["Content-Type"] = "application/json"}
    local lines, wanted = {}, math.max(1, math.floor(100000 / batch))
    for _ = 1, number * 100000 do file:read("*l") end
    for line in file:lines() do
        lines[#lines + 1] = line
        if #lines == batch then
            requests[#requests + 1] = wrk.format("POST", path, headers, table.concat(lines, "\n"))
            lines = {}
            if #requests == wanted then break end
        end
    end
    file:close()
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function delay() return wait_ms > 0 and math.random(0, 2 * wait_ms) or 0 end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format('{"requests":%d,"seconds":%.3f,"failed":%d,"p50_ms":%.2f,"p99_ms":%.2f}\n', summary.requests,
        summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3))
end
