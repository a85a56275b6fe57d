export default async function tearDown() {
  await globalThis.mayflyPostgres?.dispose();
}
