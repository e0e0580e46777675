// What an app does with the npm package open311, at the endpoint and for the service that the arguments name.
// Writes what it was told as one JSON object.
const Open311 = require("open311");

const [endpoint, jurisdiction, service] = process.argv.slice(2);
const city = new Open311({
  endpoint: endpoint + "/",
  discovery: endpoint.replace("/v2", "/discovery.json"),
  jurisdiction,
  apiKey: "", // the package insists on one; reports need none
});

function ask(method, ...details) {
  return new Promise((resolve, reject) => {
    city[method](...details, (error, found) => (error ? reject(new Error(`${method}: ${error} ${found}`)) : resolve(found)));
  });
}

async function main() {
  const discovery = await ask("serviceDiscovery");
  const services = await ask("serviceList");
  const definition = await ask("serviceDefinition", service);
  const report = {
    jurisdiction_id: jurisdiction,
    service_code: service,
    lat: 48.2,
    long: 16.3,
    description: "It leans",
    attributes: { KIND: "led", SIGNS: "1" },
  };
  const [receipt] = await ask("submitRequest", report);
  const [request] = await ask("serviceRequests", receipt.service_request_id);
  const listed = await ask("serviceRequests", { service_code: service, status: "open" });
  const refused = await ask("submitRequest", { service_code: "moon" }).catch((error) => error.message);
  console.log(JSON.stringify({ discovery, services, definition, receipt, request, listed, refused }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
