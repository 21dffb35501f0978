import { gql } from "@apollo/client";

export const POPULAR = gql`
  query ApolloPopular($first: Int) {
    popular(first: $first) {
      ...ApolloTile
    }
  }
  fragment ApolloTile on Title {
    id
    name
    poster {
      url
    }
  }
`;

export const PROGRESS = gql`
  mutation ApolloProgress($id: ID!, $seconds: Int!) {
    setProgress(title: $id, positionSeconds: $seconds, user: "u4") {
      positionSeconds
    }
  }
`;
