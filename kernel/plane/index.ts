export { callDashboard } from './client.ts'
export { createDashboardPlane } from './dashboard-plane.ts'
export { createGatewayPlane } from './gateway-plane.ts'
export { socketPath } from './socket-path.ts'
