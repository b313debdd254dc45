-- Asks for the lines of a file, each PATH<TAB>NAME: VALUE<TAB>…, in a random order, and prints what came of it as one
-- line of JSON. With a second argument every connection waits about so many milliseconds between requests.

local requests = {}
local pause = 0

function init(args)
  for line in io.lines(args[1]) do
    local path, rest = line:match("^([^\t]*)\t?(.*)$")
    local headers = {}
    for name, value in rest:gmatch("([^\t:]+): ([^\t]*)") do headers[name] = value end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  pause = tonumber(args[2] or 0)
  math.randomseed(os.time())
  if pause > 0 then
    -- Around the mean, so that connections do not fall into step.
    delay = function() return math.random(0, 2 * pause) end
  end
  if #requests == 1 then
    local only = requests[1]
    request = function() return only end
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50": %.6f, "p99": %.6f, '
      .. '"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    failed.connect, failed.read, failed.write, failed.timeout, failed.status
  ))
end
