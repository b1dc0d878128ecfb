/** One's own statistics: asks for the days of the reader's time zone, unless the address names one. */

const address = new URL(location.href);
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
if (!address.searchParams.has("zone") && timeZone !== "UTC") {
  address.searchParams.set("zone", timeZone);
  location.replace(address);
}
