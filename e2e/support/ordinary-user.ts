/** An ordinary user for servers that root's tests start: nobody else's on any major distribution, and none of the sandboxes'. */
export const ordinaryUser = { uid: 30_998, gid: 30_998 };
